import type { Gateway, GatewayServer, Protocol } from "../types.ts";

/** A server of a Gateway; `index` is its place in the Gateway's list. */
export interface BoundServer {
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly index: number;
}

/** All that listens at one place. What TLS servers have in common is that the client's hello tells them apart. */
export interface GatewayPort {
  readonly port: number;
  /** Absent: the workload's own address. */
  readonly bind?: string;
  readonly kind: "http" | "tls" | "tcp";
  readonly servers: readonly BoundServer[];
}

/** A server that another one is in the way of, and thus does not run. */
export interface LostServer {
  readonly lost: BoundServer;
  readonly winner: BoundServer;
  /** The host that both serve; absent where it is their protocols that cannot share a port. */
  readonly host?: string;
}

/**
 * The ports of a gateway, ascending, with servers in the order of the mesh. Istio: the first server decides what a port
 * speaks; those that speak something else are skipped, and so is a TLS server with a host that one before it has.
 */
export function gatewayPorts(gateways: readonly Gateway[]): {
  readonly ports: readonly GatewayPort[];
  readonly lost: readonly LostServer[];
} {
  const all = gateways.flatMap((gateway) =>
    gateway.servers.map((server, index): BoundServer => ({ gateway, server, index })),
  );
  const lost: LostServer[] = [];
  const places = Map.groupBy(all, ({ server }) => `${server.port.number} ${server.bind ?? ""}`);
  const ports = [...places.values()].flatMap((here) => {
    const [first] = here;
    if (first === undefined) return [];
    const kind = kindOf(first.server.port.protocol);
    const servers = kind === "tls" ? withoutRepeatedHosts(here, lost) : here;
    const fitting = servers.filter((one) => kindOf(one.server.port.protocol) === kind);
    for (const one of servers) if (!fitting.includes(one)) lost.push({ lost: one, winner: first });
    const { bind, port } = first.server;
    return [{ port: port.number, ...(bind === undefined ? {} : { bind }), kind, servers: fitting }];
  });
  return { ports: ports.toSorted((a, b) => a.port - b.port), lost };
}

function kindOf(protocol: Protocol): GatewayPort["kind"] {
  if (protocol === "HTTPS" || protocol === "TLS") return "tls";
  return protocol === "TCP" ? "tcp" : "http";
}

function withoutRepeatedHosts(servers: readonly BoundServer[], lost: LostServer[]): BoundServer[] {
  const owners = new Map<string, BoundServer>();
  return servers.filter((one) => {
    const hosts = one.server.hosts.map(({ host }) => host);
    const host = hosts.find((each) => owners.has(each));
    const winner = host === undefined ? undefined : owners.get(host);
    if (host !== undefined && winner !== undefined) {
      lost.push({ lost: one, winner, host });
      return false;
    }
    for (const each of hosts) owners.set(each, one);
    return true;
  });
}
