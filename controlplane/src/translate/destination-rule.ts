import type { DestinationRule, Labels, ObjectRef, Service, Subset, TrafficPolicy } from "../model/types.ts";
import { selects } from "../model/index.ts";
import { HostMap } from "./host.ts";
import { memo } from "./memo.ts";

/** All DestinationRules that one namespace has for one host, merged. */
export interface MergedRule {
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
  readonly refs: readonly ObjectRef[];
  /** Whether it picks its clients by their labels. */
  readonly selecting: boolean;
}

/** Who looks for a rule. */
export interface Client {
  readonly namespace: string;
  readonly labels: Labels;
}

/** DestinationRules by namespace and host, looked up as Istio does. */
export class DestinationRules {
  readonly #rootNamespace: string;
  readonly #byNamespace = new Map<string, NamespaceRules>();
  /** Namespaces that some rule is exported to by name. */
  readonly #named: ReadonlySet<string>;

  constructor(rules: readonly DestinationRule[], rootNamespace: string) {
    this.#rootNamespace = rootNamespace;
    for (const [namespace, ofNamespace] of Map.groupBy(rules, (rule) => rule.ref.namespace)) {
      this.#byNamespace.set(namespace, new NamespaceRules(ofNamespace));
    }
    this.#named = new Set(rules.flatMap(({ exportTo }) => exportTo));
  }

  /**
   * The rule that a client has for a service: from its own namespace, the service's, or the root namespace. The first
   * with any match wins, so a wildcard of the client hides an exact rule of the service. Rules of the root namespace are
   * for all, also where clients are in it: gateways often are, and would else see no other rules.
   */
  find(client: Client, service: Service): MergedRule | undefined {
    const own = client.namespace === this.#rootNamespace ? [] : [client.namespace];
    for (const namespace of [...own, service.namespace, this.#rootNamespace]) {
      const rule = this.#byNamespace.get(namespace)?.seenBy(client).find(service.host);
      if (rule !== undefined) {
        return rule;
      }
    }
    return undefined;
  }

  /** Clients of the same view find the same rules: "" is the view of all that have none of their own. */
  view(client: Client): string {
    const own = this.#byNamespace.get(client.namespace);
    if (own === undefined) return this.#named.has(client.namespace) ? client.namespace : "";
    const selected = own.selected(client);
    return selected === "" ? client.namespace : `${client.namespace} ${selected}`;
  }
}

/** The rules of one namespace, as each client sees them. */
class NamespaceRules {
  readonly #selecting: readonly Labels[];
  readonly seenBy: (client: Client) => HostMap<MergedRule>;

  constructor(rules: readonly DestinationRule[]) {
    this.#selecting = rules.flatMap(({ workloadSelector }) => (workloadSelector ? [workloadSelector] : []));
    const isRestricted = rules.some(({ exportTo }) => !exportTo.includes("*")) || this.#selecting.length > 0;
    this.seenBy = memo(
      // Where all see all, there is but one view to make.
      (client) => (isRestricted ? `${client.namespace} ${this.selected(client)}` : ""),
      (client) => mergeByHost(rules.filter((rule) => isSeen(rule, client))),
    );
  }

  /** Which of the selectors pick the client. */
  selected({ labels }: Client): string {
    return this.#selecting.map((selector) => (selects(selector, labels) ? "1" : "0")).join("");
  }
}

function isSeen({ ref, exportTo, workloadSelector }: DestinationRule, { namespace, labels }: Client): boolean {
  if (workloadSelector !== undefined) return ref.namespace === namespace && selects(workloadSelector, labels);
  return exportTo.includes("*") || exportTo.includes(namespace);
}

function mergeByHost(rules: readonly DestinationRule[]): HostMap<MergedRule> {
  const hosts = new HostMap<MergedRule>();
  for (const [host, ofHost] of Map.groupBy(rules, (rule) => rule.host)) {
    const selecting = ofHost.find(({ workloadSelector }) => workloadSelector !== undefined);
    // Istio: a rule that picks its clients wins over, and does not mix with, those for all.
    hosts.add(host, merge(selecting === undefined ? ofHost : [selecting]));
  }
  return hosts;
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
    selecting: rules.some(({ workloadSelector }) => workloadSelector !== undefined),
  };
}

/** The policy of a subset's port: the subset's own blocks, and the rule's where it has none. */
export function subsetPolicy(rule: MergedRule | undefined, subset: string, port: number): TrafficPolicy {
  const base = ofPort(rule?.trafficPolicy ?? {}, port);
  const own = rule?.subsets.find(({ name }) => name === subset)?.trafficPolicy;
  return own === undefined ? base : ofPort({ ...base, ...own }, port);
}

// Istio: a port's own settings replace the four blocks as a whole; what they leave out is default, not the rule's.
function ofPort(written: TrafficPolicy, port: number): TrafficPolicy {
  if (written.ports === undefined) return written;
  const { ports, ...policy } = written;
  const own = ports.find(({ number }) => number === port);
  if (own === undefined) return policy;
  const { tunnel, proxyProtocol, retryBudget } = policy;
  const { number: _, ...blocks } = own;
  return {
    ...blocks,
    ...(tunnel && { tunnel }),
    ...(proxyProtocol && { proxyProtocol }),
    ...(retryBudget && { retryBudget }),
  };
}
