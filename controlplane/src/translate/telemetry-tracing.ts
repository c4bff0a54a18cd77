import {
  HttpConnectionManager_TracingSchema,
  RequestIDExtensionSchema,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type {
  HttpConnectionManager_Tracing,
  RequestIDExtension,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { UuidRequestIdConfigSchema } from "../../gen/envoy/extensions/request_id/uuid/v3/uuid_pb.js";
import { CustomTagSchema } from "../../gen/envoy/type/tracing/v3/custom_tag_pb.js";
import type { CustomTag as EnvoyTag } from "../../gen/envoy/type/tracing/v3/custom_tag_pb.js";
import type { CustomTag } from "../model/telemetry-types.ts";
import type { Workload } from "../model/types.ts";
import { create } from "./create.ts";
import { canonicalRevision, canonicalService, clusterId } from "./peer.ts";
import { pack, sortedEntries } from "./protobuf.ts";
import type { TracingSettings } from "./telemetry-settings.ts";
import { tracerOf } from "./tracer.ts";

type Traced = Pick<Workload, "name" | "namespace" | "labels">;

/** Envoy's tracing of a workload's requests. */
export function tracingOf(settings: TracingSettings, workload: Traced): HttpConnectionManager_Tracing {
  const { provider, samplingPerMillion, reports, propagates, istioTags, maxTagLength, customTags } = settings;
  // A sampler of the tracer's own decides about every request.
  const isSampler = provider.kind === "otel-trace" && provider.sampler !== undefined;
  const all = { value: reports ? 100 : 0 };
  const tags = { ...(istioTags ? tagsOf(workload) : {}), ...customTags };
  return create(HttpConnectionManager_TracingSchema, {
    // A client may ask for its request to be traced only where a request may be traced at all.
    clientSampling: all,
    randomSampling: { value: reports ? (isSampler ? 100 : samplingPerMillion / 10_000) : 0 },
    overallSampling: all,
    customTags: sortedEntries(tags).map(([name, tag]) => customTag(name, tag)),
    ...(maxTagLength === undefined ? {} : { maxPathTagLength: maxTagLength }),
    // SkyWalking tells hops apart only where each has a span of its own.
    ...(provider.kind === "skywalking" ? { spawnUpstreamSpan: true } : {}),
    noContextPropagation: !propagates,
    provider: tracerOf(provider, `${canonicalService(workload)}.${workload.namespace}`),
  });
}

/** Istio's own tags. The mesh has no id of its own. */
function tagsOf(workload: Traced): Readonly<Record<string, CustomTag>> {
  return {
    "istio.canonical_revision": { literal: canonicalRevision(workload.labels) },
    "istio.canonical_service": { literal: canonicalService(workload) },
    "istio.cluster_id": { literal: clusterId },
    "istio.mesh_id": { literal: "unknown" },
    "istio.namespace": { literal: workload.namespace },
  };
}

/** Whether requests are traced by their ids, as Envoy does if nothing is said. */
export function requestIdExtension({ byRequestId }: TracingSettings): RequestIDExtension | undefined {
  if (byRequestId) return undefined;
  const config = create(UuidRequestIdConfigSchema, { useRequestIdForTraceSampling: false });
  return create(RequestIDExtensionSchema, { typedConfig: pack(UuidRequestIdConfigSchema, config) });
}

function customTag(tag: string, value: CustomTag): EnvoyTag {
  if ("literal" in value)
    return create(CustomTagSchema, { tag, type: { case: "literal", value: { value: value.literal } } });
  if ("format" in value) return create(CustomTagSchema, { tag, type: { case: "value", value: value.format } });
  if ("environment" in value) {
    const environment = { name: value.environment, defaultValue: value.defaultValue };
    return create(CustomTagSchema, { tag, type: { case: "environment", value: environment } });
  }
  const header = { name: value.header, defaultValue: value.defaultValue };
  return create(CustomTagSchema, { tag, type: { case: "requestHeader", value: header } });
}
