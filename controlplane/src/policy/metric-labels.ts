/**
 * Istio's labels of HTTP metrics in the order in which a metric's name carries them; a label's source number in a
 * telemetry program is its place here plus one.
 */
export const ISTIO_LABELS = [
  "reporter",
  "source_workload",
  "source_workload_namespace",
  "source_principal",
  "source_app",
  "source_version",
  "source_cluster",
  "source_canonical_service",
  "source_canonical_revision",
  "destination_workload",
  "destination_workload_namespace",
  "destination_principal",
  "destination_app",
  "destination_version",
  "destination_service",
  "destination_service_name",
  "destination_service_namespace",
  "destination_cluster",
  "destination_canonical_service",
  "destination_canonical_revision",
  "request_protocol",
  "response_code",
  "grpc_response_status",
  "response_flags",
  "connection_security_policy",
] as const;

/** The number of one of Istio's labels in a program; 0 for any other. */
export function labelSource(name: string): number {
  return ISTIO_LABELS.findIndex((label) => label === name) + 1;
}

/** What only requests have. */
export const HTTP_LABELS: ReadonlySet<string> = new Set(["response_code", "grpc_response_status"]);

/**
 * Names that users give most often to labels of their own. Envoy learns which labels to take out of a metric's name
 * when it starts, so a name that is neither here nor in the bootstrap would stay a part of the metric's name.
 */
export const COMMON_TAGS = [
  "request_host",
  "request_method",
  "request_path",
  "request_url_path",
  "request_operation",
  "response_code_class",
  "user_agent",
  "api_version",
  "tenant",
  "user",
] as const;
