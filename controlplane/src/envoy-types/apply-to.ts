/** What of an Envoy's configuration a patch may change. Istio: EnvoyFilter.ApplyTo. */
export const APPLY_TO = [
  "LISTENER",
  "LISTENER_FILTER",
  "FILTER_CHAIN",
  "NETWORK_FILTER",
  "HTTP_FILTER",
  "ROUTE_CONFIGURATION",
  "VIRTUAL_HOST",
  "HTTP_ROUTE",
  "CLUSTER",
  "EXTENSION_CONFIG",
  "BOOTSTRAP",
] as const;

export type ApplyTo = (typeof APPLY_TO)[number];
