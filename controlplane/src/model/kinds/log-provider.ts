import type { Value } from "../../config/value.ts";
import { list, mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { boolean, nonEmptyString, string } from "../decode/scalars.ts";
import type { LogFormat, LogProvider, LogValue } from "../telemetry-types.ts";
import { defaultLogFormat, defaultLogLine } from "./log-format.ts";
import { collector } from "./provider-header.ts";

/** A provider by its kind's field, still without its name. */
export type Unnamed<T> = T extends unknown ? Omit<T, "name"> : never;

/** Any value of JSON: Envoy replaces commands in all texts of it. */
const logValue: Decoder<LogValue> = (value) => plainOf(value);

function plainOf(value: Value): LogValue {
  if (value.kind === "list") return value.items.map(plainOf);
  if (value.kind === "map") return Object.fromEntries(value.entries.map((entry) => [entry.key, plainOf(entry.value)]));
  return value.value;
}

const logFormat = message(
  "EnvoyFileAccessLogProvider.LogFormat",
  { optional: { text: string, labels: mapOf(logValue) } },
  ({ text, labels }, { context, offset, path }): LogFormat | undefined => {
    if (text !== undefined && labels !== undefined)
      return reportError(context, { offset, path, message: `${path} must have only one of text and labels` });
    if (labels !== undefined) return Object.keys(labels).length > 0 ? { json: labels } : defaultLogFormat("JSON");
    return text === undefined || text === ""
      ? defaultLogFormat("TEXT")
      : { text: text.endsWith("\n") ? text : `${text}\n` };
  },
);

/** Istio: EnvoyFileAccessLogProvider. */
export const fileLog = message(
  "EnvoyFileAccessLogProvider",
  { optional: { path: nonEmptyString, logFormat, omitEmptyValues: boolean } },
  (given): Unnamed<LogProvider> => ({
    kind: "file",
    path: given.path ?? "/dev/stdout",
    format: given.logFormat ?? defaultLogFormat("TEXT"),
    ...(given.omitEmptyValues === true ? { omitsEmpty: true } : {}),
  }),
);

const headers = refine(list(headerName(false)), (all) => all.map((name) => name.toLowerCase()));
const grpcLog = { logName: nonEmptyString, filterStateObjectsToLog: list(nonEmptyString) };

/** Istio: EnvoyHttpGrpcV3LogProvider. */
export const httpAls = message(
  "EnvoyHttpGrpcV3LogProvider",
  {
    required: collector,
    optional: {
      ...grpcLog,
      additionalRequestHeadersToLog: headers,
      additionalResponseHeadersToLog: headers,
      additionalResponseTrailersToLog: headers,
    },
  },
  (given): Unnamed<LogProvider> => ({
    kind: "http-als",
    host: given.service,
    port: given.port,
    logName: given.logName ?? "http_envoy_accesslog",
    filterState: given.filterStateObjectsToLog ?? [],
    requestHeaders: given.additionalRequestHeadersToLog ?? [],
    responseHeaders: given.additionalResponseHeadersToLog ?? [],
    responseTrailers: given.additionalResponseTrailersToLog ?? [],
  }),
);

/** Istio: EnvoyTcpGrpcV3LogProvider. */
export const tcpAls = message(
  "EnvoyTcpGrpcV3LogProvider",
  { required: collector, optional: grpcLog },
  (given): Unnamed<LogProvider> => ({
    kind: "tcp-als",
    host: given.service,
    port: given.port,
    logName: given.logName ?? "tcp_envoy_accesslog",
    filterState: given.filterStateObjectsToLog ?? [],
  }),
);

// Unlike the file's, both: the text is the entry's body, and the labels are its attributes.
const otelFormat = message(
  "EnvoyOpenTelemetryLogProvider.LogFormat",
  { optional: { text: string, labels: mapOf(string) } },
  (given) => defined(given),
);

/** Istio: EnvoyOpenTelemetryLogProvider. */
export const otelAls = message(
  "EnvoyOpenTelemetryLogProvider",
  { required: collector, optional: { logName: nonEmptyString, logFormat: otelFormat } },
  ({ service, port, logName, logFormat: format }): Unnamed<LogProvider> => ({
    kind: "otel-log",
    host: service,
    port,
    logName: logName ?? "otel_envoy_accesslog",
    text: format?.text === undefined || format.text === "" ? defaultLogLine() : format.text,
    attributes: format?.labels ?? {},
  }),
);
