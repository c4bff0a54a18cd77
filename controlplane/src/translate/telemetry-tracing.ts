import { create } from "@bufbuild/protobuf";
import { OpenTelemetryConfigSchema } from "../../gen/envoy/config/trace/v3/opentelemetry_pb.js";
import { HttpConnectionManager_TracingSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpConnectionManager_Tracing } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { CustomTagSchema } from "../../gen/envoy/type/tracing/v3/custom_tag_pb.js";
import type { CustomTag as EnvoyTag } from "../../gen/envoy/type/tracing/v3/custom_tag_pb.js";
import type { CustomTag } from "../model/telemetry-types.ts";
import { outboundCluster } from "./names.ts";
import { duration, pack, sortedEntries } from "./protobuf.ts";
import type { TracingSettings } from "./telemetry-settings.ts";

/**
 * Envoy's tracing by OpenTelemetry. The collector is a service of the mesh, and reached through its cluster; spans carry
 * `serviceName`, which Istio makes of the workload's canonical name and its namespace.
 */
export function tracingOf(settings: TracingSettings, serviceName: string): HttpConnectionManager_Tracing {
  const { host, port, maxTagLength } = settings.provider;
  const config = create(OpenTelemetryConfigSchema, {
    serviceName,
    grpcService: {
      targetSpecifier: { case: "envoyGrpc", value: { clusterName: outboundCluster(port, "", host), authority: host } },
      timeout: duration(10_000),
    },
  });
  return create(HttpConnectionManager_TracingSchema, {
    // A client may ask for its request to be traced only where a request may be traced at all.
    clientSampling: { value: settings.samplingPerMillion === 0 ? 0 : 100 },
    randomSampling: { value: settings.samplingPerMillion / 10_000 },
    overallSampling: { value: settings.samplingPerMillion === 0 ? 0 : 100 },
    customTags: sortedEntries(settings.customTags).map(([name, tag]) => customTag(name, tag)),
    ...(maxTagLength === undefined ? {} : { maxPathTagLength: maxTagLength }),
    provider: {
      name: "envoy.tracers.opentelemetry",
      configType: { case: "typedConfig", value: pack(OpenTelemetryConfigSchema, config) },
    },
  });
}

function customTag(tag: string, value: CustomTag): EnvoyTag {
  if ("literal" in value)
    return create(CustomTagSchema, { tag, type: { case: "literal", value: { value: value.literal } } });
  if ("environment" in value) {
    const environment = { name: value.environment, defaultValue: value.defaultValue };
    return create(CustomTagSchema, { tag, type: { case: "environment", value: environment } });
  }
  const header = { name: value.header, defaultValue: value.defaultValue };
  return create(CustomTagSchema, { tag, type: { case: "requestHeader", value: header } });
}
