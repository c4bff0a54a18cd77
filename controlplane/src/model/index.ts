export { admit, type Admission } from "./admit.ts";
export { DEFAULT_AUTHORIZATION } from "./authorization-settings.ts";
export { assembleMesh } from "./assemble-mesh.ts";
export { claimPath } from "./claim-path.ts";
export { objectKey } from "./declared-object.ts";
export { collectorProblem, providerHosts } from "./collectors.ts";
export { usableProviders } from "./doubtful-authorization.ts";
export { DocumentCache } from "./document-cache.ts";
export { isIP } from "./decode/ip.ts";
export { isUnix, UNIX } from "./decode/socket.ts";
export type { Diagnostic } from "./diagnostic.ts";
export { formatDiagnostic } from "./format-diagnostic.ts";
export { workloadId } from "./gateway-workload.ts";
export { NO_LAST_GOOD, parseLastGood, type LastGood } from "./last-good.ts";
export { proxySettings } from "./proxy-config.ts";
export type * from "./envoy-filter.ts";
export type * from "./proxy-config.ts";
export { nearness } from "./lookup/visible.ts";
export { covers, isWildcard } from "./lookup/host-match.ts";
export {
  authorizationPoliciesFor,
  requestAuthenticationsFor,
  selectsWorkload,
  telemetriesFor,
} from "./lookup/policies-for.ts";
export { gatewayPorts, type BoundServer, type GatewayPort } from "./lookup/gateway-ports.ts";
export {
  authoritiesOf,
  certificateOf,
  clientAuthority,
  clientSecretsOf,
  identitySecret,
  isThere,
  secretsOf,
} from "./lookup/secrets.ts";
export { selects } from "./lookup/selector.ts";
export { sidecarFor } from "./lookup/sidecar-for.ts";
export { includes } from "./lookup/subnet.ts";
export { deriveProxies, type DerivedProxies } from "./proxies.ts";
export type { ObjectState } from "./settle.ts";
export type * from "./fault-injection.ts";
export type * from "./header-policy.ts";
export type * from "./types.ts";
