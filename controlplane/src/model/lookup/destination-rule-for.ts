import { ROOT_NAMESPACE } from "../gateway-workload.ts";
import type { DestinationRule, Subset } from "../types.ts";
import { inFileOrder } from "./file-order.ts";
import { mostSpecific } from "./host-match.ts";

/** Finds the DestinationRule that a client in one namespace uses for a service's host in another. */
export type DestinationRuleLookup = (
  host: string,
  clientNamespace: string,
  serviceNamespace: string,
) => DestinationRule | undefined;

/**
 * Indexes DestinationRules as Istio looks them up: the client's namespace, the service's, the root namespace, and the
 * first of these with any match counts, even if that match is a wildcard. Rules of one host in one namespace are one.
 */
export function indexDestinationRules(all: readonly DestinationRule[]): DestinationRuleLookup {
  const namespaces = new Map<string, NamespaceRules>();
  for (const rule of inFileOrder(all)) {
    const rules = namespaces.get(rule.ref.namespace) ?? { exact: new Map(), wildcards: new Map() };
    namespaces.set(rule.ref.namespace, rules);
    const index = rule.host.startsWith("*") ? rules.wildcards : rules.exact;
    const older = index.get(rule.host);
    index.set(rule.host, older === undefined ? rule : merge(older, rule));
  }
  return (host, clientNamespace, serviceNamespace) => {
    for (const namespace of [clientNamespace, serviceNamespace, ROOT_NAMESPACE]) {
      const rules = namespaces.get(namespace);
      const found =
        rules?.exact.get(host) ??
        (rules === undefined ? undefined : mostSpecific([...rules.wildcards.values()], (rule) => rule.host, host));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

interface NamespaceRules {
  readonly exact: Map<string, DestinationRule>;
  readonly wildcards: Map<string, DestinationRule>;
}

/** Subsets add up, the older winning a name; the policy is the older one's unless it has none. */
function merge(older: DestinationRule, newer: DestinationRule): DestinationRule {
  const names = new Set(older.subsets.map((subset) => subset.name));
  const subsets: Subset[] = [...older.subsets, ...newer.subsets.filter((subset) => !names.has(subset.name))];
  const trafficPolicy = older.trafficPolicy ?? newer.trafficPolicy;
  return { ...older, subsets, ...(trafficPolicy === undefined ? {} : { trafficPolicy }) };
}
