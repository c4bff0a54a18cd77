import { list, mapOf } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { hostName } from "../decode/names.ts";
import { count, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { LogFormat, TelemetryProvider } from "../telemetry-types.ts";
import { defaultLogFormat } from "./log-format.ts";

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
    required: { service: hostOfService(), port: portNumber },
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

/** A MeshConfig as it is in use may have providers that nothing here names: they are no errors. */
const noEffect: Decoder<true> = (value, path, context) => {
  reportWarning(context, {
    offset: value.offset,
    path,
    code: "SLU0003",
    message: `${path} is not supported yet by this version of Sluice, and is ignored`,
  });
  return true;
};

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

/** Istio writes `NAMESPACE/HOST` where a host alone could be of several namespaces: the host is what counts here. */
function hostOfService(): typeof hostName {
  return (value, path, context) => {
    const text = value.kind === "scalar" && typeof value.value === "string" ? value.value : undefined;
    const slash = text?.indexOf("/") ?? -1;
    return text === undefined || slash < 0
      ? hostName(value, path, context)
      : hostName(
          { kind: "scalar", value: text.slice(slash + 1), source: text.slice(slash + 1), offset: value.offset },
          path,
          context,
        );
  };
}
