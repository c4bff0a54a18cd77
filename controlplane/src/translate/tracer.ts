import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { TypedExtensionConfig } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { DatadogConfigSchema } from "../../gen/envoy/config/trace/v3/datadog_pb.js";
import { Tracing_HttpSchema } from "../../gen/envoy/config/trace/v3/http_tracer_pb.js";
import type { Tracing_Http } from "../../gen/envoy/config/trace/v3/http_tracer_pb.js";
import { OpenTelemetryConfigSchema } from "../../gen/envoy/config/trace/v3/opentelemetry_pb.js";
import { SkyWalkingConfigSchema } from "../../gen/envoy/config/trace/v3/skywalking_pb.js";
import {
  ZipkinConfig_CollectorEndpointVersion as ZipkinVersion,
  ZipkinConfig_TraceContextOption as ZipkinContext,
  ZipkinConfigSchema,
} from "../../gen/envoy/config/trace/v3/zipkin_pb.js";
import { DynatraceResourceDetectorConfigSchema } from "../../gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/dynatrace_resource_detector_pb.js";
import { EnvironmentResourceDetectorConfigSchema } from "../../gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/environment_resource_detector_pb.js";
import { DynatraceSamplerConfigSchema } from "../../gen/envoy/extensions/tracers/opentelemetry/samplers/v3/dynatrace_sampler_pb.js";
import type { DynatraceSampler, TraceProvider } from "../model/telemetry-types.ts";
import { collectorCluster, grpcCollector, httpCollector } from "./collector.ts";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";

type Of<K extends TraceProvider["kind"]> = Extract<TraceProvider, { readonly kind: K }>;

/** Envoy's tracer for a provider. Spans carry `serviceName`: the workload's canonical name and its namespace. */
export function tracerOf(provider: TraceProvider, serviceName: string): Tracing_Http {
  switch (provider.kind) {
    case "otel-trace":
      return tracer("opentelemetry", OpenTelemetryConfigSchema, openTelemetry(provider, serviceName));
    case "zipkin":
      return tracer("zipkin", ZipkinConfigSchema, zipkin(provider));
    case "datadog": {
      const config = { collectorCluster: collectorCluster(provider), collectorHostname: provider.host, serviceName };
      return tracer("datadog", DatadogConfigSchema, create(DatadogConfigSchema, config));
    }
    case "skywalking":
      return tracer("skywalking", SkyWalkingConfigSchema, skywalking(provider, serviceName));
    default:
      return provider satisfies never;
  }
}

function tracer<D extends DescMessage>(name: string, schema: D, config: MessageShape<D>): Tracing_Http {
  return create(Tracing_HttpSchema, {
    name: `envoy.tracers.${name}`,
    configType: { case: "typedConfig", value: pack(schema, config) },
  });
}

/** Time for the spans of one export by gRPC, where nothing says how much. */
const EXPORT_TIMEOUT_MS = 10_000;

function openTelemetry(provider: Of<"otel-trace">, serviceName: string) {
  const { http, grpc, detectors = [], sampler } = provider;
  return create(OpenTelemetryConfigSchema, {
    serviceName,
    ...(http === undefined
      ? { grpcService: grpcCollector(provider, grpc?.timeoutMs ?? EXPORT_TIMEOUT_MS, grpc?.metadata) }
      : { httpService: httpCollector(provider, http) }),
    resourceDetectors: detectors.map((name) =>
      name === "environment"
        ? extension(`resource_detectors.${name}`, EnvironmentResourceDetectorConfigSchema)
        : extension(`resource_detectors.${name}`, DynatraceResourceDetectorConfigSchema),
    ),
    ...(sampler && { sampler: dynatrace(sampler) }),
  });
}

function dynatrace({ tenant, clusterId, rootSpansPerMinute = 0, service }: DynatraceSampler): TypedExtensionConfig {
  const httpService = httpCollector(service, service);
  const config = create(DynatraceSamplerConfigSchema, { tenant, clusterId, rootSpansPerMinute, httpService });
  return extension("samplers.dynatrace", DynatraceSamplerConfigSchema, config);
}

function extension<D extends DescMessage>(name: string, schema: D, config = create(schema)): TypedExtensionConfig {
  return create(TypedExtensionConfigSchema, {
    name: `envoy.tracers.opentelemetry.${name}`,
    typedConfig: pack(schema, config),
  });
}

function zipkin({ http, shortIds, w3c, ...place }: Of<"zipkin">) {
  return create(ZipkinConfigSchema, {
    collectorService: httpCollector(place, http),
    collectorEndpointVersion: ZipkinVersion.HTTP_JSON,
    // As Istio: ids of 128 bits, and a span of its own for every hop.
    traceId128bit: shortIds !== true,
    sharedSpanContext: false,
    traceContextOption: w3c === true ? ZipkinContext.USE_B3_WITH_W3C_PROPAGATION : ZipkinContext.USE_B3,
  });
}

function skywalking({ token, ...place }: Of<"skywalking">, serviceName: string) {
  return create(SkyWalkingConfigSchema, {
    grpcService: grpcCollector(place),
    clientConfig: {
      serviceName,
      ...(token === undefined ? {} : { backendTokenSpecifier: { case: "backendToken", value: token } }),
    },
  });
}
