/** AuthorizationPolicy: its compiler, and its meaning spelled out for people and for tests. */
export { compileAuthorization, ruleIdentity } from "./authorization/compile.ts";
export type { AuthorizationOptions, ExplainOptions } from "./authorization/compile.ts";
export type { TrustDomains } from "./authorization/trust-domain.ts";
export { evaluate, evaluateRules } from "./authorization/reference.ts";
export type { Decision, RuleResult } from "./authorization/reference.ts";
export type { AuthorizationRequest, Json } from "./authorization/request.ts";
export { explainAuthorization } from "./authorization/explain.ts";
export type { Reading } from "./authorization/as-read.ts";
export type { Explanation } from "./authorization/explain.ts";
export { nativePolicies } from "./authorization/native.ts";
export { customAuthorizations, isMarked } from "./authorization/custom.ts";
export type { CustomAuthorization } from "./authorization/custom.ts";
