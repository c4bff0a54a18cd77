export { admit, type Admission } from "./admit.ts";
export { assembleMesh } from "./assemble-mesh.ts";
export { objectKey } from "./declared-object.ts";
export { DocumentCache } from "./document-cache.ts";
export type { Diagnostic } from "./diagnostic.ts";
export { formatDiagnostic } from "./format-diagnostic.ts";
export { ROOT_NAMESPACE, workloadId } from "./gateway-workload.ts";
export { NO_LAST_GOOD, parseLastGood, type LastGood } from "./last-good.ts";
export { indexDestinationRules, type DestinationRuleLookup } from "./lookup/destination-rule-for.ts";
export { inFileOrder } from "./lookup/file-order.ts";
export { covers, mostSpecific } from "./lookup/host-match.ts";
export { authorizationPoliciesFor, telemetriesFor } from "./lookup/policies-for.ts";
export { selects } from "./lookup/selector.ts";
export {
  bindingsAtGateway,
  indexMeshVirtualServices,
  type GatewayBinding,
  type VirtualServiceLookup,
} from "./lookup/virtual-service-for.ts";
export { deriveProxies, type DerivedProxies } from "./proxies.ts";
export type { ObjectState } from "./settle.ts";
export type * from "./types.ts";
