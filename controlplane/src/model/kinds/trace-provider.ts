import { reportError } from "../decode/context.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, count, enumeration, integer, nonEmptyString, string } from "../decode/scalars.ts";
import type { DynatraceSampler, HttpExport, TraceProvider } from "../telemetry-types.ts";
import type { Unnamed } from "./log-provider.ts";
import { collector, grpcMetadata, httpExport, httpFields, httpService, urlPath } from "./provider-header.ts";

const maxTagLength = count;

const grpcService = message(
  "OpenTelemetryTracingProvider.GrpcService",
  { optional: { timeout: durationMs, initialMetadata: grpcMetadata } },
  (given) => defined({ timeoutMs: given.timeout, metadata: given.initialMetadata ?? {} }),
);

const present = message("ResourceDetector", {}, () => true as const);
const resourceDetectors = message(
  "ResourceDetectors",
  { optional: { environment: present, dynatrace: present } },
  (given) => (["environment", "dynatrace"] as const).filter((name) => given[name] !== undefined),
);

const dynatraceApi = message(
  "DynatraceSampler.DynatraceApi",
  { required: { ...collector, http: httpService } },
  (given) => ({ host: given.service, port: given.port, ...given.http }),
);

const dynatraceSampler = message(
  "DynatraceSampler",
  {
    required: { tenant: nonEmptyString, clusterId: integer(-2_147_483_648, 2_147_483_647) },
    optional: { rootSpansPerMinute: count, httpService: dynatraceApi },
  },
  (given) => given,
);

interface Exported {
  readonly service: string;
  readonly port: number;
  readonly http?: HttpExport | undefined;
  readonly dynatraceSampler?: (typeof dynatraceSampler extends (...args: never[]) => infer T ? T : never) | undefined;
}

/** Istio: without an address of its own, the sampler asks where the spans go to, as long as these go by HTTP. */
function samplerOf(given: Exported, place: Place): DynatraceSampler | undefined {
  const { dynatraceSampler: sampler, http } = given;
  if (sampler === undefined) return undefined;
  const { httpService: own, tenant, clusterId, rootSpansPerMinute } = sampler;
  const shared = http && { host: given.service, port: given.port, ...http, path: "/api/v2/samplingConfiguration" };
  const service = own ?? shared;
  if (service !== undefined) return defined({ tenant, clusterId, rootSpansPerMinute, service });
  return reportError(place.context, {
    offset: place.key("dynatraceSampler"),
    path: `${place.path}.dynatraceSampler`,
    message: `${place.path}.dynatraceSampler has no httpService, and spans do not go by HTTP`,
    fix: "add httpService to it, or http to the provider",
  });
}

/** Istio: OpenTelemetryTracingProvider. */
export const openTelemetry = message(
  "OpenTelemetryTracingProvider",
  {
    required: collector,
    optional: { maxTagLength, http: httpService, grpc: grpcService, resourceDetectors, dynatraceSampler },
    later: ["serviceAttributeEnrichment"],
  },
  (given, place): Unnamed<TraceProvider> | undefined => {
    if (given.http !== undefined && given.grpc !== undefined)
      return reportError(place.context, {
        offset: place.key("grpc"),
        path: `${place.path}.grpc`,
        message: `${place.path} has both http and grpc`,
        fix: "remove one of the two",
      });
    const sampler = samplerOf(given, place);
    if (sampler === undefined && given.dynatraceSampler !== undefined) return undefined;
    return defined({
      kind: "otel-trace" as const,
      host: given.service,
      port: given.port,
      maxTagLength: given.maxTagLength,
      http: given.http,
      grpc: given.grpc,
      detectors: given.resourceDetectors,
      sampler,
    });
  },
);

/** Istio: ZipkinTracingProvider. */
export const zipkin = message(
  "ZipkinTracingProvider",
  {
    required: collector,
    optional: {
      maxTagLength,
      enable64bitTraceId: boolean,
      path: urlPath,
      traceContextOption: enumeration(["USE_B3", "USE_B3_WITH_W3C_PROPAGATION"]),
      ...httpFields,
    },
  },
  (given): Unnamed<TraceProvider> =>
    defined({
      kind: "zipkin" as const,
      host: given.service,
      port: given.port,
      maxTagLength: given.maxTagLength,
      http: httpExport(given.path ?? "/api/v2/spans", given.timeout, given.headers),
      shortIds: given.enable64bitTraceId === true ? (true as const) : undefined,
      w3c: given.traceContextOption === "USE_B3_WITH_W3C_PROPAGATION" ? (true as const) : undefined,
    }),
);

/** Istio: DatadogTracingProvider. */
export const datadog = message(
  "DatadogTracingProvider",
  { required: collector, optional: { maxTagLength } },
  (given): Unnamed<TraceProvider> =>
    defined({ kind: "datadog" as const, host: given.service, port: given.port, maxTagLength: given.maxTagLength }),
);

/** Istio: SkyWalkingTracingProvider. */
export const skywalking = message(
  "SkyWalkingTracingProvider",
  { required: collector, optional: { accessToken: string } },
  (given): Unnamed<TraceProvider> =>
    defined({
      kind: "skywalking" as const,
      host: given.service,
      port: given.port,
      token: given.accessToken === "" ? undefined : given.accessToken,
    }),
);
