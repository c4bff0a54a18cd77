import type { DestinationRule, ObjectRef, Service, Subset, TrafficPolicy } from "../model/types.ts";
import { HostMap } from "./host.ts";
import { ROOT_NAMESPACE } from "../model/index.ts";

/** All DestinationRules that one namespace has for one host, merged. */
export interface MergedRule {
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
  readonly refs: readonly ObjectRef[];
}

/** DestinationRules by namespace and host, looked up as Istio does. */
export class DestinationRules {
  readonly #byNamespace = new Map<string, HostMap<MergedRule>>();

  constructor(rules: readonly DestinationRule[]) {
    for (const [namespace, ofNamespace] of Map.groupBy(rules, (rule) => rule.ref.namespace)) {
      const hosts = new HostMap<MergedRule>();
      for (const [host, ofHost] of Map.groupBy(ofNamespace, (rule) => rule.host)) {
        hosts.add(host, merge(ofHost));
      }
      this.#byNamespace.set(namespace, hosts);
    }
  }

  /**
   * The rule that a client in this namespace has for a service: from its own namespace, the service's, or the root
   * namespace. The first with any match wins, so a wildcard of the client hides an exact rule of the service.
   */
  find(client: string, service: Service): MergedRule | undefined {
    for (const namespace of [client, service.namespace, ROOT_NAMESPACE]) {
      const rule = this.#byNamespace.get(namespace)?.find(service.host);
      if (rule !== undefined) {
        return rule;
      }
    }
    return undefined;
  }

  /** Clients in namespaces of the same view find the same rules: "" is the view of all that have none of their own. */
  view(client: string): string {
    return this.#byNamespace.has(client) ? client : "";
  }
}

// Istio: subsets are added up, of two with one name the first stays, and so does the first traffic policy.
function merge(rules: readonly DestinationRule[]): MergedRule {
  const subsets = new Map<string, Subset>();
  for (const subset of rules.flatMap((rule) => rule.subsets)) {
    if (!subsets.has(subset.name)) {
      subsets.set(subset.name, subset);
    }
  }
  return {
    trafficPolicy: rules.find((rule) => rule.trafficPolicy !== undefined)?.trafficPolicy,
    subsets: [...subsets.values()],
    refs: rules.map((rule) => rule.ref),
  };
}

/** The policy of a subset: its own blocks, and the rule's where it has none. */
export function subsetPolicy(rule: MergedRule | undefined, subset: string): TrafficPolicy {
  return { ...rule?.trafficPolicy, ...rule?.subsets.find(({ name }) => name === subset)?.trafficPolicy };
}
