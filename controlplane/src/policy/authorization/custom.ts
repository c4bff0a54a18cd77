import type { AuthorizationPolicy } from "../../model/types.ts";
import { nativePolicies } from "./native.ts";
import type { JsonObject } from "./request.ts";
import type { TrustDomains } from "./trust-domain.ts";

/** What is asked about: requests, or connections that are not HTTP. */
type Protocol = "http" | "tcp";

/** What Envoy needs to ask one provider about what its CUSTOM policies match, and about nothing else. */
export interface CustomAuthorization {
  readonly provider: string;
  /** Of envoy.extensions.filters.http.rbac.v3.RBAC and its twin for connections: decides nothing, notes the rule that matches. */
  readonly marker: JsonObject;
  /** `filter_enabled_metadata` of the provider's ext_authz filter, which stands behind the marker: only if a rule matched. */
  readonly enabledBy: JsonObject;
}

/**
 * CUSTOM policies by provider, in the order of their names, for the providers that the mesh has; `compileAuthorization`
 * takes the rest. Both filters stand before those that check tokens, as in Istio.
 */
export function customAuthorizations(
  policies: readonly AuthorizationPolicy[],
  providers: ReadonlySet<string>,
  trust?: TrustDomains,
  protocol: Protocol = "http",
): readonly CustomAuthorization[] {
  const custom = policies.filter(({ action }) => action === "CUSTOM");
  const names = new Set(custom.flatMap(({ provider }) => (provider === undefined ? [] : [provider])));
  return [...names]
    .filter((name) => providers.has(name))
    .toSorted()
    .map((provider) => {
      const rules = custom.filter((policy) => policy.provider === provider);
      return {
        provider,
        marker: {
          shadow_rules: { action: "DENY", policies: nativePolicies(rules, trust, protocol) },
          shadow_rules_stat_prefix: prefixOf(provider),
        },
        enabledBy: isMarked(provider, protocol),
      };
    });
}

/** A matcher of metadata: whether the provider's marker has noted a rule. */
export function isMarked(provider: string, protocol: Protocol): JsonObject {
  return {
    filter: protocol === "http" ? "envoy.filters.http.rbac" : "envoy.filters.network.rbac",
    path: [{ key: `${prefixOf(provider)}shadow_effective_policy_id` }],
    value: { present_match: true },
  };
}

function prefixOf(provider: string): string {
  return `sluice_custom_${provider}_`;
}
