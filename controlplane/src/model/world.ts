import { covers } from "./lookup/host-match.ts";
import type { ServiceEntry } from "./kinds/service-entry.ts";
import type { DestinationRule, Gateway, VirtualService } from "./types.ts";

/** The names that other objects may refer to. */
export interface World {
  /** Every host of a ServiceEntry. */
  readonly hosts: readonly string[];
  readonly gateways: readonly string[];
  service(host: string): ServiceEntry | undefined;
  /** Names of the subsets that DestinationRules declare for a host. */
  subsets(host: string): readonly string[];
  hasGateway(name: string): boolean;
  /** VirtualServices without hosts, by "namespace/name". */
  readonly delegates: ReadonlyMap<string, VirtualService>;
}

/** Indexes the settled objects by the names under which others refer to them. */
export function buildWorld(
  entries: readonly ServiceEntry[],
  rules: readonly DestinationRule[],
  gateways: readonly Gateway[],
  virtualServices: readonly VirtualService[] = [],
): World {
  const byHost = new Map<string, ServiceEntry>();
  for (const entry of entries) for (const host of entry.hosts) if (!byHost.has(host)) byHost.set(host, entry);
  const wildcards = [...byHost.keys()].filter((host) => host.startsWith("*"));
  const exactRules = Map.groupBy(
    rules.filter((rule) => !rule.host.startsWith("*")),
    (rule) => rule.host,
  );
  const wildcardRules = rules.filter((rule) => rule.host.startsWith("*"));
  const gatewayNames = new Set(gateways.map((gateway) => `${gateway.ref.namespace}/${gateway.ref.name}`));
  return {
    hosts: [...byHost.keys()],
    gateways: [...gatewayNames],
    service: (host) => byHost.get(host) ?? byHost.get(wildcards.find((wildcard) => covers(wildcard, host)) ?? ""),
    subsets: (host) => {
      const matching = [...(exactRules.get(host) ?? []), ...wildcardRules.filter((rule) => covers(rule.host, host))];
      return matching.flatMap((rule) => rule.subsets.map((subset) => subset.name));
    },
    hasGateway: (name) => gatewayNames.has(name),
    delegates: new Map(
      virtualServices
        .filter(({ hosts }) => hosts.length === 0)
        .map((one) => [`${one.ref.namespace}/${one.ref.name}`, one]),
    ),
  };
}
