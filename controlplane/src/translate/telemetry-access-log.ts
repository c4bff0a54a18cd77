import { create } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  AccessLogFilterSchema,
  AccessLogSchema,
  ComparisonFilter_Op,
} from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { AccessLog, AccessLogFilter } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { FileAccessLogSchema } from "../../gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import { ExpressionFilterSchema } from "../../gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import type { AccessLogCondition, LogFormat } from "../model/telemetry-types.ts";
import { pack } from "./protobuf.ts";
import type { LogSink } from "./telemetry-settings.ts";

/** A file of entries; absent condition: all of them. */
interface FileLog {
  readonly provider: Pick<LogSink["provider"], "path" | "format">;
  readonly condition?: AccessLogCondition;
}

/** Envoy's access logs for the sinks of a listener. */
export function accessLogsOf(sinks: readonly FileLog[]): AccessLog[] {
  return sinks.map(({ provider, condition }) =>
    create(AccessLogSchema, {
      name: "envoy.access_loggers.file",
      ...(condition === undefined ? {} : { filter: filterOf(condition) }),
      configType: { case: "typedConfig", value: pack(FileAccessLogSchema, fileLog(provider.path, provider.format)) },
    }),
  );
}

function fileLog(path: string, format: LogFormat) {
  return create(FileAccessLogSchema, {
    path,
    accessLogFormat: {
      case: "logFormat",
      value: {
        format:
          "text" in format
            ? { case: "textFormatSource", value: { specifier: { case: "inlineString", value: format.text } } }
            : { case: "jsonFormat", value: { ...format.json } },
      },
    },
  });
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
