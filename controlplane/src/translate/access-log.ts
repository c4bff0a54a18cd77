import type { AccessLog } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { MeshConfig } from "../model/types.ts";
import { accessLogsOf } from "./telemetry-access-log.ts";

/** Envoy's file access log as the MeshConfig wants it; an empty list where it wants none. */
export function accessLogs({ accessLog }: MeshConfig): AccessLog[] {
  return accessLog === undefined ? [] : accessLogsOf([{ provider: { kind: "file", ...accessLog } }]);
}
