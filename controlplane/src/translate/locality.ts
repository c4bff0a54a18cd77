import type { Labels, LoadBalancer, LocalityLoadBalancing, ZoneAwareLoadBalancing } from "../model/types.ts";
import { sortedEntries } from "./protobuf.ts";

/** Where a client is, by which its endpoints are near or far. */
export interface ClientPlace {
  readonly locality?: string;
  readonly labels: Labels;
}

/** An endpoint's place, and how much of the load it can take. */
export interface Placed {
  readonly locality?: string;
  readonly labels: Labels;
  readonly weight: number;
}

/** Endpoints of one locality and priority; 0 is the first. `weight` is there where traffic is shared out by locality. */
export interface LocalityGroup<E> {
  readonly locality: string;
  readonly priority: number;
  readonly weight?: number;
  readonly endpoints: readonly E[];
}

/** How a client's traffic is spread over localities. */
export type LocalityMode =
  | { readonly kind: "none" }
  | { readonly kind: "distribute"; readonly to: Readonly<Record<string, number>> }
  | { readonly kind: "failover"; readonly setting: LocalityLoadBalancing }
  /** Only regions are told apart: among the zones of one Envoy itself decides. */
  | { readonly kind: "zones"; readonly setting: ZoneAwareLoadBalancing };

const byDefault: LocalityLoadBalancing = { enabled: true, distribute: [], failover: [], failoverPriority: [] };

/**
 * Istio: distribution needs a rule for where the client is; failover is the default, and needs outlier detection, since
 * nothing else would ever find an endpoint to have failed.
 */
export function localityMode(
  balancer: LoadBalancer | undefined,
  detectsOutliers: boolean,
  client: ClientPlace,
): LocalityMode {
  const { locality: setting = byDefault, zoneAware } = balancer ?? {};
  if (zoneAware?.enabled === true) return { kind: "zones", setting: zoneAware };
  if (!setting.enabled) return { kind: "none" };
  if (setting.distribute.length > 0) {
    const rule = setting.distribute.find(({ from }) => matches(from, client.locality ?? ""));
    return rule === undefined ? { kind: "none" } : { kind: "distribute", to: rule.to };
  }
  const knowsPlace = client.locality !== undefined || setting.failoverPriority.length > 0;
  return detectsOutliers && knowsPlace ? { kind: "failover", setting } : { kind: "none" };
}

/** Groups endpoints by locality; with failover by priority too, and with distribution only where traffic is to go. */
export function groupByLocality<E extends Placed>(
  endpoints: readonly E[],
  mode: LocalityMode,
  client: ClientPlace,
): readonly LocalityGroup<E>[] {
  if (mode.kind === "failover") return byPriority(endpoints, (endpoint) => rank(endpoint, mode.setting, client));
  if (mode.kind === "zones") return byPriority(endpoints, (endpoint) => regionRank(endpoint, mode.setting, client));
  const groups = [...Map.groupBy(endpoints, ({ locality }) => locality ?? "")]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([locality, ofLocality]) => ({ locality, priority: 0, endpoints: ofLocality }));
  return mode.kind === "none" ? groups : distribute(groups, mode.to);
}

type Group<E> = LocalityGroup<E>;

// Each entry of `to` shares its percentage out to the localities that it stands for, by what their endpoints can take.
function distribute<E extends Placed>(
  groups: readonly Group<E>[],
  to: Readonly<Record<string, number>>,
): readonly Group<E>[] {
  const left = new Set(groups);
  const result: Group<E>[] = [];
  // The most specific first; what it takes is not there for the wider ones.
  for (const [pattern, percent] of sortedEntries(to).toSorted(([a], [b]) => depth(b) - depth(a))) {
    const matching = [...left].filter(({ locality }) => matches(pattern, locality));
    const total = matching.reduce((sum, group) => sum + capacity(group), 0);
    for (const group of matching) {
      left.delete(group);
      result.push({ ...group, weight: Math.max(1, Math.ceil((percent * capacity(group)) / total)) });
    }
  }
  return result.toSorted((a, b) => (a.locality < b.locality ? -1 : 1));
}

function depth(pattern: string): number {
  return pattern.split("/").filter((part) => part !== "*").length;
}

function capacity({ endpoints }: Group<Placed>): number {
  return endpoints.reduce((sum, { weight }) => sum + Math.max(1, weight), 0);
}

function byPriority<E extends Placed>(endpoints: readonly E[], rankOf: (endpoint: E) => number): readonly Group<E>[] {
  const ranked = endpoints.map((endpoint) => ({ endpoint, rank: rankOf(endpoint) }));
  const ranks = [...new Set(ranked.map((one) => one.rank))].toSorted((a, b) => a - b);
  // Envoy wants priorities without gaps.
  return [...Map.groupBy(ranked, (one) => JSON.stringify([ranks.indexOf(one.rank), one.endpoint.locality ?? ""]))]
    .map(([, group]) => ({
      locality: group[0]?.endpoint.locality ?? "",
      priority: ranks.indexOf(group[0]?.rank ?? 0),
      endpoints: group.map(({ endpoint }) => endpoint),
    }))
    .toSorted((a, b) => a.priority - b.priority || (a.locality < b.locality ? -1 : 1));
}

const OTHER_REGION = 3;
const FARTHEST = 4;

// Lower is nearer: first by the labels that the user ranks, then by region, zone and sub-zone.
function rank(endpoint: Placed, { failover, failoverPriority }: LocalityLoadBalancing, client: ClientPlace): number {
  const byPlace = failoverPriority.length > 0 && failover.length === 0 ? 0 : distance(endpoint, failover, client);
  return labelRank(endpoint, failoverPriority, client) * (FARTHEST + 1) + byPlace;
}

// The same without zones and sub-zones.
function regionRank(
  endpoint: Placed,
  { failover, failoverPriority }: ZoneAwareLoadBalancing,
  client: ClientPlace,
): number {
  const away = distance(endpoint, failover, client);
  const byPlace = away < OTHER_REGION ? 0 : away;
  return labelRank(endpoint, failoverPriority, client) * (FARTHEST + 1) + byPlace;
}

function labelRank(endpoint: Placed, ranked: readonly string[], client: ClientPlace): number {
  const missed = ranked.findIndex((label) => !shares(label, client, endpoint));
  return missed < 0 ? 0 : ranked.length - missed;
}

function distance(endpoint: Placed, failover: LocalityLoadBalancing["failover"], client: ClientPlace): number {
  const [own, other] = [parts(client.locality), parts(endpoint.locality)];
  const different = own.findIndex((part, index) => part !== other[index]);
  if (different < 0) return 0;
  if (different > 0) return own.length - different;
  const target = failover.find(({ from }) => from === own[0])?.to;
  return target === undefined || target === other[0] ? OTHER_REGION : FARTHEST;
}

// `name=value` asks for that value at the endpoint, whatever the client's own is.
function shares(label: string, client: ClientPlace, endpoint: Placed): boolean {
  const [name = "", value] = label.split("=", 2);
  // Istio: a label that neither has is shared.
  return (value ?? labelOf(name, client)) === labelOf(name, endpoint);
}

const TOPOLOGY = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

function labelOf(name: string, { locality, labels }: ClientPlace): string | undefined {
  const at = TOPOLOGY.indexOf(name);
  return labels[name] ?? (at < 0 ? undefined : locality?.split("/")[at]);
}

/** Region, zone and sub-zone, empty where they are not said. */
export function parts(locality = ""): readonly [region: string, zone: string, subZone: string] {
  const [region = "", zone = "", subZone = ""] = locality.split("/");
  return [region, zone, subZone];
}

function matches(pattern: string, locality: string): boolean {
  const written = pattern.split("/");
  const own = parts(locality);
  return written.every((part, index) => part === "*" || part === own[index]);
}
