import type { ValueMatch } from "../../model/types.ts";

/** The mesh's trust domain and the names that it has besides. Istio: MeshConfig.trustDomain, trustDomainAliases. */
export interface TrustDomains {
  readonly domain: string;
  readonly aliases: readonly string[];
}

/** In a policy it stands for the mesh's own trust domain, whatever that is called. */
const LOCAL = "cluster.local";

export const DEFAULT_TRUST_DOMAINS: TrustDomains = { domain: LOCAL, aliases: [] };

/**
 * Principals of the mesh's own trust domain, or of one of its aliases, hold for each of these names: peers keep their
 * identity while a mesh is renamed. All others stay as they are.
 */
export function aliasedPrincipals(values: readonly ValueMatch[], trust: TrustDomains): readonly ValueMatch[] {
  if (values.length === 0) return values;
  const names = [...new Set([trust.domain, ...trust.aliases])];
  return values.flatMap((match): readonly ValueMatch[] => {
    if (match.kind !== "exact" && match.kind !== "prefix") return [match];
    const slash = match.value.indexOf("/");
    if (slash < 0) return [match];
    const written = match.value.slice(0, slash);
    if (written !== LOCAL && !names.includes(written)) return [match];
    return names.map((name) => ({ kind: match.kind, value: `${name}${match.value.slice(slash)}` }));
  });
}
