import { list, mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { noEffect } from "../decode/no-effect.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { count, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { LogFormat, TelemetryProvider } from "../telemetry-types.ts";
import { defaultLogFormat } from "./log-format.ts";
import { providerService } from "./provider-service.ts";

/** Kinds of providers that Istio has and Sluice does not. */
const LATER_KINDS = [
  "datadog",
  "envoyHttpAls",
  "envoyOtelAls",
  "envoyTcpAls",
  "lightstep",
  "opencensus",
  "sds",
  "skywalking",
  "stackdriver",
  "zipkin",
];

/** A provider by its kind's field, still without its name. */
type Unnamed<T = TelemetryProvider> = T extends unknown ? Omit<T, "name"> : never;

const logFormat = message(
  "EnvoyFileAccessLogProvider.LogFormat",
  { optional: { text: string, labels: mapOf(string) } },
  ({ text, labels }, { context, offset, path }): LogFormat | undefined => {
    if (text !== undefined && labels !== undefined)
      return reportError(context, { offset, path, message: `${path} must have only one of text and labels` });
    if (labels !== undefined) return Object.keys(labels).length > 0 ? { json: labels } : defaultLogFormat("JSON");
    return text === undefined || text === ""
      ? defaultLogFormat("TEXT")
      : { text: text.endsWith("\n") ? text : `${text}\n` };
  },
);

const file = message(
  "EnvoyFileAccessLogProvider",
  { required: { path: nonEmptyString }, optional: { logFormat }, later: ["omitEmptyValues"] },
  (given): Unnamed => ({ kind: "file", path: given.path, format: given.logFormat ?? defaultLogFormat("TEXT") }),
);

const openTelemetry = message(
  "OpenTelemetryTracingProvider",
  {
    required: { service: providerService, port: portNumber },
    optional: { maxTagLength: count },
    later: ["http", "grpc", "resourceDetectors", "dynatraceSampler"],
  },
  (given): Unnamed => ({
    kind: "otel-trace",
    host: given.service,
    port: given.port,
    ...(given.maxTagLength === undefined ? {} : { maxTagLength: given.maxTagLength }),
  }),
);

const prometheus = message("PrometheusMetricsProvider", {}, () => ({ kind: "prometheus" as const }));

const provider = message(
  "ExtensionProvider",
  {
    required: { name: nonEmptyString },
    optional: {
      envoyFileAccessLog: file,
      opentelemetry: openTelemetry,
      prometheus,
      ...Object.fromEntries(LATER_KINDS.map((kind) => [kind, noEffect])),
    },
    // The providers of authorization are not telemetry's.
    ignored: ["envoyExtAuthzHttp", "envoyExtAuthzGrpc"],
  },
  ({ name, envoyFileAccessLog, opentelemetry }): readonly TelemetryProvider[] => {
    const known = envoyFileAccessLog ?? opentelemetry;
    return known === undefined ? [] : [{ ...known, name }];
  },
);

/** Istio: MeshConfig.extensionProviders, of which those for access logs in files and for traces are kept. */
export const telemetryProviders: Decoder<readonly TelemetryProvider[]> = refine(list(provider), (all) => all.flat());

/** The provider that Istio has without being told: the log of the proxy. */
export const ENVOY_PROVIDER: TelemetryProvider = {
  kind: "file",
  name: "envoy",
  path: "/dev/stdout",
  format: defaultLogFormat("TEXT"),
};
