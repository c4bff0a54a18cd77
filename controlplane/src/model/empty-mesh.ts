import type { Mesh } from "./types.ts";

/** A mesh in which nothing is declared. */
export const EMPTY_MESH: Mesh = {
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
  proxies: [],
};
