import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  AccessLogFilterSchema,
  AccessLogSchema,
  ComparisonFilter_Op,
} from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { AccessLog, AccessLogFilter } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { ApiVersion } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { TypedExtensionConfig } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { FileAccessLogSchema } from "../../gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import { ExpressionFilterSchema } from "../../gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import {
  CommonGrpcAccessLogConfigSchema,
  HttpGrpcAccessLogConfigSchema,
  TcpGrpcAccessLogConfigSchema,
} from "../../gen/envoy/extensions/access_loggers/grpc/v3/als_pb.js";
import { OpenTelemetryAccessLogConfigSchema } from "../../gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service_pb.js";
import { ReqWithoutQuerySchema } from "../../gen/envoy/extensions/formatter/req_without_query/v3/req_without_query_pb.js";
import type { AnyValueSchema } from "../../gen/opentelemetry/proto/common/v1/common_pb.js";
import type { AccessLogCondition, LogProvider } from "../model/telemetry-types.ts";
import { grpcCollector } from "./collector.ts";
import { create } from "./create.ts";
import { pack, sortedEntries } from "./protobuf.ts";

/** A log of entries; absent condition: all of them. */
interface Log {
  readonly provider: LogProvider | FileProvider;
  readonly condition?: AccessLogCondition;
}

type Of<K extends LogProvider["kind"]> = Extract<LogProvider, { readonly kind: K }>;
type FileProvider = Pick<Of<"file">, "kind" | "path" | "format" | "omitsEmpty">;

/** What a listener's log is about. Istio: HTTP's logs of envoyHttpAls, and connections' of envoyTcpAls. */
export type Logged = "http" | "tcp";
const ABOUT: Partial<Record<LogProvider["kind"], Logged>> = { "http-als": "http", "tcp-als": "tcp" };

/** Envoy's access logs for the sinks of a listener. */
export function accessLogsOf(sinks: readonly Log[], logged: Logged = "http"): AccessLog[] {
  return sinks
    .filter(({ provider }) => (ABOUT[provider.kind] ?? logged) === logged)
    .map(({ provider, condition }) => {
      const [name, value] = loggerOf(provider);
      return create(AccessLogSchema, {
        name: `envoy.access_loggers.${name}`,
        ...(condition === undefined ? {} : { filter: filterOf(condition) }),
        configType: { case: "typedConfig", value },
      });
    });
}

function loggerOf(provider: Log["provider"]): readonly [name: string, config: Any] {
  switch (provider.kind) {
    case "file":
      return ["file", pack(FileAccessLogSchema, fileLog(provider))];
    case "http-als":
      return ["http_grpc", pack(HttpGrpcAccessLogConfigSchema, httpAls(provider))];
    case "tcp-als": {
      const config = create(TcpGrpcAccessLogConfigSchema, { commonConfig: commonConfig(provider) });
      return ["tcp_grpc", pack(TcpGrpcAccessLogConfigSchema, config)];
    }
    case "otel-log":
      return ["open_telemetry", pack(OpenTelemetryAccessLogConfigSchema, otelLog(provider))];
    default:
      return provider satisfies never;
  }
}

function fileLog({ path, format, omitsEmpty }: FileProvider) {
  const text = JSON.stringify(format);
  return create(FileAccessLogSchema, {
    path,
    accessLogFormat: {
      case: "logFormat",
      value: {
        format:
          "text" in format
            ? { case: "textFormatSource", value: { specifier: { case: "inlineString", value: format.text } } }
            : { case: "jsonFormat", value: { ...format.json } },
        omitEmptyValues: omitsEmpty === true,
        formatters: formattersFor(text),
      },
    },
  });
}

function commonConfig({ logName, filterState, ...place }: Of<"http-als" | "tcp-als">) {
  return create(CommonGrpcAccessLogConfigSchema, {
    logName,
    grpcService: grpcCollector(place),
    transportApiVersion: ApiVersion.V3,
    filterStateObjectsToLog: [...filterState],
  });
}

function httpAls(provider: Of<"http-als">) {
  return create(HttpGrpcAccessLogConfigSchema, {
    commonConfig: commonConfig(provider),
    additionalRequestHeadersToLog: [...provider.requestHeaders],
    additionalResponseHeadersToLog: [...provider.responseHeaders],
    additionalResponseTrailersToLog: [...provider.responseTrailers],
  });
}

function otelLog({ logName, text, attributes, ...place }: Of<"otel-log">) {
  const values = sortedEntries(attributes).map(([key, value]) => ({ key, value: textOf(value) }));
  return create(OpenTelemetryAccessLogConfigSchema, {
    commonConfig: { logName, grpcService: grpcCollector(place), transportApiVersion: ApiVersion.V3 },
    // As Istio: the user's labels alone.
    disableBuiltinLabels: true,
    body: textOf(text),
    ...(values.length === 0 ? {} : { attributes: { values } }),
    formatters: formattersFor(JSON.stringify([text, attributes])),
  });
}

function textOf(value: string): MessageInitShape<typeof AnyValueSchema> {
  return { value: { case: "stringValue", value } };
}

// The one command of Istio's documentation that Envoy knows only by an extension of its formatter.
function formattersFor(text: string): TypedExtensionConfig[] {
  if (!text.includes("%REQ_WITHOUT_QUERY(")) return [];
  const typedConfig = pack(ReqWithoutQuerySchema, create(ReqWithoutQuerySchema));
  return [create(TypedExtensionConfigSchema, { name: "envoy.formatter.req_without_query", typedConfig })];
}

const OPERATORS = { least: ComparisonFilter_Op.GE, most: ComparisonFilter_Op.LE, exactly: ComparisonFilter_Op.EQ };

function filterOf(condition: AccessLogCondition): AccessLogFilter {
  return create(AccessLogFilterSchema, { filterSpecifier: specifierOf(condition) });
}

function specifierOf(
  condition: AccessLogCondition,
): NonNullable<MessageInitShape<typeof AccessLogFilterSchema>["filterSpecifier"]> {
  if ("allOf" in condition) return { case: "andFilter", value: { filters: condition.allOf.map(filterOf) } };
  if ("anyOf" in condition) return { case: "orFilter", value: { filters: condition.anyOf.map(filterOf) } };
  if ("code" in condition) {
    // Envoy wants a runtime key beside the value, even where nobody is to change it.
    const value = { defaultValue: condition.code.value, runtimeKey: "sluice.access_log.status" };
    return { case: "statusCodeFilter", value: { comparison: { op: OPERATORS[condition.code.at], value } } };
  }
  if ("header" in condition) return { case: "headerFilter", value: { header: headerMatch(condition) } };
  const expression = create(ExpressionFilterSchema, { expression: condition.cel });
  return {
    case: "extensionFilter",
    value: {
      name: "envoy.access_loggers.extension_filters.cel",
      configType: { case: "typedConfig", value: pack(ExpressionFilterSchema, expression) },
    },
  };
}

function headerMatch({ header, value }: Extract<AccessLogCondition, { readonly header: string }>) {
  return {
    name: header,
    headerMatchSpecifier:
      value === undefined
        ? { case: "presentMatch" as const, value: true }
        : { case: "stringMatch" as const, value: { matchPattern: { case: "exact" as const, value } } },
  };
}
