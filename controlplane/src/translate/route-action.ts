import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  RouteAction_MaxStreamDurationSchema,
  RouteAction_RequestMirrorPolicySchema,
  RouteActionSchema,
  WeightedCluster_ClusterWeightSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type {
  RouteAction,
  RouteAction_RequestMirrorPolicy,
  WeightedCluster_ClusterWeight,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { FractionalPercent_DenominatorType } from "../../gen/envoy/type/v3/percent_pb.js";
import type { Headers, HttpRoute, Mirror, Retries, Rewrite, RouteDestination } from "../model/types.ts";
import { create } from "./create.ts";
import { resolve } from "./destination.ts";
import type { Target, WeightedTarget } from "./destination.ts";
import { hashPolicyOf } from "./hash-policy.ts";
import { isHttp2 } from "./mesh-index.ts";
import { peerHeader } from "./names.ts";
import { nativeHeaders, nativeResponseHeaders, sharesCluster } from "./native-headers.ts";
import { duration, zeroDuration } from "./protobuf.ts";
import { retryPolicy } from "./retry.ts";
import type { RouteView } from "./view.ts";

type ActionInit = Exclude<MessageInitShape<typeof RouteActionSchema>, { $typeName: string }>;

/** The destinations that get any traffic. */
export function targetsOf(destinations: readonly RouteDestination[], view: RouteView): readonly WeightedTarget[] {
  const weighted = destinations.filter(({ weight }) => weight > 0);
  // Without a weight anywhere, all are alike.
  const used = weighted.length > 0 ? weighted : destinations;
  return used.map(({ destination, weight, headers }) => ({
    ...resolve(destination, view),
    weight: Math.max(1, weight),
    headers,
  }));
}

/** Forwards to the targets, as the route says; operations on `native` headers are Envoy's (see native-headers.ts). */
export function forward(
  route: HttpRoute,
  targets: readonly WeightedTarget[],
  view: RouteView,
  native: ReadonlySet<string>,
): RouteAction {
  return create(RouteActionSchema, {
    ...common(targets, route.timeoutMs, route.retries ?? view.index.mesh.config.defaultRetries),
    ...clusters(targets, native),
    ...rewrite(route, targets),
    requestMirrorPolicies: route.mirrors
      .filter(({ perMillion }) => perMillion > 0)
      .map((mirror) => mirrorPolicy(mirror, view)),
  });
}

/** Forwards to one target with Istio's defaults. */
export function forwardByDefault(target: Target, { index }: RouteView): RouteAction {
  return create(RouteActionSchema, {
    ...common([target], undefined, index.mesh.config.defaultRetries),
    clusterSpecifier: { case: "cluster", value: target.cluster },
  });
}

/** Headers of the mesh's own that must not reach these targets. */
export function headersToRemove(targets: readonly Target[]): string[] {
  return targets.every(({ service }) => service?.location === "MESH_EXTERNAL") ? [peerHeader] : [];
}

function common(targets: readonly Target[], timeoutMs: number | undefined, retries: Retries | undefined): ActionInit {
  const hashPolicy = targets.flatMap(({ hashKey }) => (hashKey ? [hashPolicyOf(hashKey)] : []));
  const policy = retryPolicy(retries, hashPolicy.length > 0);
  return {
    ...(timeoutMs === undefined ? noTimeout : timeouts(timeoutMs, targets)),
    ...(policy ? { retryPolicy: policy } : {}),
    hashPolicy,
  };
}

/**
 * A gRPC client's own time limit counts up to the route's. Envoy's new field for that turns the route's timeout off
 * (1.40, router.cc: usingNewTimeouts), so this is the old one, as in Istio; Envoy warns of it in its log, so only where
 * gRPC may be.
 */
function timeouts(ms: number, targets: readonly Target[]): ActionInit {
  const timeout = duration(ms);
  const isGrpc = targets.some(({ service }) => service?.ports.some(({ protocol }) => isHttp2(protocol)));
  return isGrpc ? { timeout, maxGrpcTimeout: timeout } : { timeout };
}

// Istio: no timeout unless there is one; Envoy's own default is 15 s. A gRPC client's limit is not capped.
const noTimeout: ActionInit = {
  timeout: zeroDuration,
  maxStreamDuration: create(RouteAction_MaxStreamDurationSchema, { grpcTimeoutHeaderMax: zeroDuration }),
};

function clusters(targets: readonly WeightedTarget[], native: ReadonlySet<string>): ActionInit {
  const [first] = targets;
  return first !== undefined && targets.length === 1
    ? { clusterSpecifier: { case: "cluster", value: first.cluster } }
    : {
        clusterSpecifier: {
          case: "weightedClusters",
          value: { clusters: targets.map((target) => clusterWeight(target, targets, native)) },
        },
      };
}

function clusterWeight(
  target: WeightedTarget,
  targets: readonly WeightedTarget[],
  native: ReadonlySet<string>,
): WeightedCluster_ClusterWeight {
  const host = hostHeader(target.headers);
  return create(WeightedCluster_ClusterWeightSchema, {
    name: target.cluster,
    weight: target.weight,
    ...nativeHeaders([target.headers], native, headersToRemove([target])),
    ...(sharesCluster(target, targets) ? nativeResponseHeaders(target.headers) : {}),
    ...(host === undefined ? {} : { hostRewriteSpecifier: { case: "hostRewriteLiteral", value: host } }),
  });
}

function rewrite(route: HttpRoute, targets: readonly WeightedTarget[]): ActionInit {
  const { uri, uriRegexRewrite, authority }: Rewrite = route.rewrite ?? {};
  const single = targets.length === 1 ? hostHeader(targets[0]?.headers) : undefined;
  const host = authority ?? single ?? hostHeader(route.headers);
  return {
    ...(uri === undefined ? {} : { prefixRewrite: uri }),
    ...(uriRegexRewrite === undefined
      ? {}
      : { regexRewrite: { pattern: { regex: uriRegexRewrite.match }, substitution: uriRegexRewrite.rewrite } }),
    ...(host === undefined ? {} : { hostRewriteSpecifier: { case: "hostRewriteLiteral", value: host } }),
  };
}

// Setting the host is Envoy's to do, with the route: a header operation would be too late for it.
function hostHeader(headers: Headers | undefined): string | undefined {
  return Object.entries(headers?.request?.set ?? {}).find(([name]) =>
    ["host", ":authority"].includes(name.toLowerCase()),
  )?.[1];
}

function mirrorPolicy({ destination, perMillion }: Mirror, view: RouteView): RouteAction_RequestMirrorPolicy {
  return create(RouteAction_RequestMirrorPolicySchema, {
    cluster: resolve(destination, view).cluster,
    runtimeFraction: {
      defaultValue: { numerator: perMillion, denominator: FractionalPercent_DenominatorType.MILLION },
    },
    traceSampled: false,
    disableShadowHostSuffixAppend: true,
  });
}
