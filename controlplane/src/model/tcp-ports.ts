import type { PortAllotment } from "./allot-ports.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { isWildcard } from "./lookup/host-match.ts";
import type { Proxy, Service, TcpPort } from "./types.ts";

type TcpService = Pick<TcpPort, "host" | "port"> & { readonly service: Service };

/**
 * Gives every sidecar a port of its own for every port of a service that does not speak HTTP. Without a redirection of
 * connections, which needs the privileges of a network administrator, a connection without a Host header can say only by
 * the port that it comes in on where it wants to go. Where the range ends, the services that are left have no port at
 * the sidecars that are left, with an error at the service.
 */
export function allotTcpPorts(
  proxies: readonly Proxy[],
  services: readonly Service[],
  allotment: PortAllotment,
): { proxies: readonly Proxy[]; diagnostics: readonly Diagnostic[] } {
  const wanted = tcpServices(services);
  if (wanted.length === 0) return { proxies, diagnostics: [] };
  const missing = new Map<TcpService, Proxy[]>();
  let isUsedUp = false;
  const given = proxies.map((proxy): Proxy => {
    if (proxy.outbound === undefined) return proxy;
    const tcp = wanted.flatMap((one): TcpPort[] => {
      const { host, port } = one;
      const listenPort = isUsedUp ? undefined : allotment.allot(`${proxy.id}>${host}:${port}`);
      if (listenPort !== undefined) return [{ host, port, listenPort }];
      isUsedUp = true;
      missing.set(one, [...(missing.get(one) ?? []), proxy]);
      return [];
    });
    return { ...proxy, tcp };
  });
  return { proxies: given, diagnostics: [...missing].map(([one, without]) => noPortLeft(one, without)) };
}

function tcpServices(services: readonly Service[]): TcpService[] {
  const found = new Map<string, TcpService>();
  for (const service of services) {
    // A wildcard without endpoints names no address to connect to.
    if (isWildcard(service.host) && service.resolution !== "STATIC") continue;
    for (const { number, protocol } of service.ports) {
      const key = JSON.stringify([service.host, number]);
      if (["TCP", "TLS", "HTTPS"].includes(protocol) && !found.has(key))
        found.set(key, { host: service.host, port: number, service });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1));
}

function noPortLeft({ host, port, service: { ref } }: TcpService, without: readonly Proxy[]): Diagnostic {
  return {
    severity: "error",
    code: "SLU0007",
    position: ref.position,
    object: ref,
    field: "spec.ports",
    message: `no port is left for ${host}:${port} at ${without.length} sidecars (${without[0]?.id} and so on), whose programs cannot reach it`,
    allowed: "ports 10000 to 19999 (without 15000 to 15099) for the outbound listeners of all sidecars",
  };
}
