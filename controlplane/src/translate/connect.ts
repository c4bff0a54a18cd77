import { clone } from "@bufbuild/protobuf";
import {
  RouteAction_UpgradeConfigSchema,
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type {
  Route,
  RouteAction,
  RouteAction_UpgradeConfig,
  RouteMatch,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { create } from "./create.ts";
import { zeroDuration } from "./protobuf.ts";

/** A CONNECT has no path, so that no other match takes it. */
export const connectMatch: RouteMatch = create(RouteMatchSchema, {
  pathSpecifier: { case: "connectMatcher", value: {} },
});

/** Takes a CONNECT as its end: what follows goes to the cluster as it is. */
const connectUpgrade: RouteAction_UpgradeConfig = create(RouteAction_UpgradeConfigSchema, {
  upgradeType: "CONNECT",
  connectConfig: {},
});

/** The same action for CONNECT requests. */
export function forConnect(action: RouteAction): RouteAction {
  const copy = clone(RouteActionSchema, action);
  copy.upgradeConfigs.push(connectUpgrade);
  return copy;
}

/** A route by which a CONNECT goes on as it is, to a proxy that takes it as its end. */
export function connectThrough(cluster: string): Route {
  return create(RouteSchema, {
    name: "connect",
    match: connectMatch,
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: cluster },
        timeout: zeroDuration,
        upgradeConfigs: [{ upgradeType: "CONNECT" }],
      },
    },
  });
}

/** A route by which a CONNECT becomes a connection to one of the clusters, by weight. */
export function connectTo(targets: readonly { readonly cluster: string; readonly weight: number }[]): Route {
  const [only, ...others] = targets;
  return create(RouteSchema, {
    name: "connect",
    match: connectMatch,
    action: {
      case: "route",
      value: {
        clusterSpecifier:
          only !== undefined && others.length === 0
            ? { case: "cluster", value: only.cluster }
            : {
                case: "weightedClusters",
                value: { clusters: targets.map(({ cluster, weight }) => ({ name: cluster, weight })) },
              },
        timeout: zeroDuration,
        upgradeConfigs: [connectUpgrade],
      },
    },
  });
}
