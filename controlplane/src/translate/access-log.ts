import { create } from "@bufbuild/protobuf";
import { AccessLogSchema } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { AccessLog } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { FileAccessLogSchema } from "../../gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import type { MeshConfig } from "../model/types.ts";
import { pack } from "./protobuf.ts";

/** Envoy's file access log as the MeshConfig wants it; an empty list where it wants none. */
export function accessLogs({ accessLog }: MeshConfig): AccessLog[] {
  if (accessLog === undefined) return [];
  const { path, format } = accessLog;
  const message = create(FileAccessLogSchema, {
    path,
    accessLogFormat: {
      case: "logFormat",
      value: {
        format:
          "text" in format
            ? { case: "textFormatSource", value: { specifier: { case: "inlineString", value: format.text } } }
            : { case: "jsonFormat", value: format.json },
      },
    },
  });
  return [
    create(AccessLogSchema, {
      name: "envoy.access_loggers.file",
      configType: { case: "typedConfig", value: pack(FileAccessLogSchema, message) },
    }),
  ];
}
