import { covers, selects } from "../model/index.ts";
import type { TcpMatch, TcpRoute, VirtualService, Workload } from "../model/types.ts";
import { placeOfObject } from "./place.ts";
import type { Attempt } from "./types.ts";

/** A connection as VirtualServices see it. */
export interface RoutedConnection {
  readonly client: Workload;
  /** The service's port, or the gateway's. */
  readonly port: number;
  /** "mesh", or the Gateways ("namespace/name") that it comes in at. */
  readonly gateways: ReadonlySet<string>;
  /** TLS that goes on to the destination, with this server name; absent: something else, or TLS that has ended. */
  readonly sni?: string;
}

/** TLS routes, then TCP routes, in the order in which they count; the first one without a mismatch holds. */
export function tryTcpRules(all: readonly VirtualService[], connection: RoutedConnection): Attempt[] {
  const rules = [
    ...all.flatMap((one) => one.tls.map((rule, index) => ({ one, rule, field: `tls[${index}]`, isTls: true }))),
    ...all.flatMap((one) => one.tcp.map((rule, index) => ({ one, rule, field: `tcp[${index}]`, isTls: false }))),
  ];
  const attempts: Attempt[] = [];
  for (const { one, rule, field, isTls } of rules) {
    const reason = ruleMismatch(rule, isTls, connection);
    const place = { ...placeOfObject(one), position: rule.position };
    attempts.push({ route: field, madeFrom: place, ...(reason === undefined ? {} : { mismatch: reason }) });
    if (reason === undefined) break;
  }
  return attempts;
}

function ruleMismatch({ match }: TcpRoute, isTls: boolean, connection: RoutedConnection): string | undefined {
  if (isTls && connection.sni === undefined) return "it is for TLS that goes on to the destination";
  const reasons = match.map((one) => mismatch(one, connection));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

function mismatch(match: TcpMatch, { client, port, gateways, sni }: RoutedConnection): string | undefined {
  const { sniHosts, sourceLabels, sourceNamespace, gateways: only = [] } = match;
  if (match.port !== undefined && match.port !== port) return `it is for port ${match.port}`;
  if (only.length > 0 && !only.some((name) => gateways.has(name))) return `it is for ${only.join(", ")}`;
  // Its own gateways stand in the place of the fields about the source.
  if (only.length === 0 && !selects(sourceLabels, client.labels))
    return `it is for workloads with ${Object.entries(sourceLabels)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", ")}`;
  if (only.length === 0 && sourceNamespace !== undefined && sourceNamespace !== client.namespace)
    return `it is for workloads of ${sourceNamespace}`;
  if (sniHosts === undefined) return undefined;
  const name = (sni ?? "").toLowerCase();
  const isNamed = sniHosts.some((host) => host === "*" || (name !== "" && covers(host, name)));
  return isNamed ? undefined : `${name === "" ? "no server name" : name} is none of ${sniHosts.join(", ")}`;
}
