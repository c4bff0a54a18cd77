import type { LogFormat } from "../telemetry-types.ts";

/** Fields of Istio's access log in the order of its text form, with Envoy's commands for them; `"` marks quoted ones. */
const FIELDS: readonly (readonly [name: string, command: string, quoted?: '"'])[] = [
  ["response_code", "%RESPONSE_CODE%"],
  ["response_flags", "%RESPONSE_FLAGS%"],
  ["response_code_details", "%RESPONSE_CODE_DETAILS%"],
  ["connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"],
  ["upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%", '"'],
  ["bytes_received", "%BYTES_RECEIVED%"],
  ["bytes_sent", "%BYTES_SENT%"],
  ["duration", "%DURATION%"],
  ["upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"],
  ["x_forwarded_for", "%REQ(X-FORWARDED-FOR)%", '"'],
  ["user_agent", "%REQ(USER-AGENT)%", '"'],
  ["request_id", "%REQ(X-REQUEST-ID)%", '"'],
  ["authority", "%REQ(:AUTHORITY)%", '"'],
  ["upstream_host", "%UPSTREAM_HOST%", '"'],
  ["upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"],
  ["upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"],
  ["downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"],
  ["downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"],
  ["requested_server_name", "%REQUESTED_SERVER_NAME%"],
  ["route_name", "%ROUTE_NAME%"],
];

/** How the text form begins: the request line as in other servers' logs. */
const FIRST: readonly (readonly [name: string, command: string])[] = [
  ["start_time", "%START_TIME%"],
  ["method", "%REQ(:METHOD)%"],
  ["path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"],
  ["protocol", "%PROTOCOL%"],
];

/** The format of Istio's access log where the user gives none: tools that read those logs know its fields by place and name. */
export function defaultLogFormat(encoding: "TEXT" | "JSON"): LogFormat {
  if (encoding === "JSON")
    return { json: Object.fromEntries([...FIRST, ...FIELDS].map(([name, command]) => [name, command])) };
  return { text: `${defaultLogLine()}\n` };
}

/** Its text form, without the end of the line. */
export function defaultLogLine(): string {
  const [time, ...request] = FIRST.map(([, command]) => command);
  const rest = FIELDS.map(([, command, quote = ""]) => `${quote}${command}${quote}`);
  return `[${time}] "${request.join(" ")}" ${rest.join(" ")}`;
}
