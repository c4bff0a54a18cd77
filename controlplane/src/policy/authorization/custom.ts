import type { AuthorizationPolicy } from "../../model/types.ts";
import { nativePolicies } from "./native.ts";
import type { JsonObject } from "./request.ts";
import type { TrustDomains } from "./trust-domain.ts";

/** What Envoy needs to ask one provider about the requests that its CUSTOM policies match, and about no others. */
export interface CustomAuthorization {
  readonly provider: string;
  /** envoy.extensions.filters.http.rbac.v3.RBAC: decides nothing, and leaves the rule that matches in its metadata. */
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
): readonly CustomAuthorization[] {
  const custom = policies.filter(({ action }) => action === "CUSTOM");
  const names = new Set(custom.flatMap(({ provider }) => (provider === undefined ? [] : [provider])));
  return [...names]
    .filter((name) => providers.has(name))
    .toSorted()
    .map((provider) => {
      const prefix = `sluice_custom_${provider}_`;
      const rules = custom.filter((policy) => policy.provider === provider);
      return {
        provider,
        marker: {
          shadow_rules: { action: "DENY", policies: nativePolicies(rules, trust) },
          shadow_rules_stat_prefix: prefix,
        },
        enabledBy: {
          filter: "envoy.filters.http.rbac",
          path: [{ key: `${prefix}shadow_effective_policy_id` }],
          value: { present_match: true },
        },
      };
    });
}
