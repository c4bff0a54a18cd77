import type { Mesh, MeshConfig } from "./types.ts";

/**
 * What holds without a MeshConfig. Istio's defaults but for one: Istio lets a program reach what nobody declared, by the
 * address that it connected to. Here a program speaks to its sidecar as to a proxy, which would be an open one.
 */
export const DEFAULT_CONFIG: MeshConfig = {
  trustDomain: "cluster.local",
  rootNamespace: "istio-system",
  outboundTraffic: "REGISTRY_ONLY",
  pathNormalization: "BASE",
};

/** A mesh in which nothing is declared. */
export const EMPTY_MESH: Mesh = {
  config: DEFAULT_CONFIG,
  services: [],
  workloads: [],
  gateways: [],
  virtualServices: [],
  destinationRules: [],
  authorizationPolicies: [],
  requestAuthentications: [],
  telemetries: [],
  faultInjections: [],
  headerPolicies: [],
  secrets: [],
  sidecars: [],
  envoyFilters: [],
  proxyConfigs: [],
  proxies: [],
};
