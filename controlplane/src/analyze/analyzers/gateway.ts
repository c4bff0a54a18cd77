import { covers } from "../../model/lookup/host-match.ts";
import type { Gateway, GatewayServer } from "../../model/types.ts";
import { nameOf, type Found, type Inventory } from "../inventory.ts";
import { plainAt, plainList, plainText } from "../plain.ts";

interface Placed {
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly index: number;
}

/** Gateways that the same workloads run compete for ports, hosts and certificates. */
export function checkGateways(inventory: Inventory): readonly Found[] {
  const groups = Map.groupBy(inventory.lists.gateways, ({ selector }) =>
    JSON.stringify(Object.entries(selector).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  );
  return [...groups.values()].flatMap((gateways) => [
    ...conflicts(gateways),
    ...sharedCertificates(gateways, inventory),
  ]);
}

function conflicts(gateways: readonly Gateway[]): Found[] {
  const servers = gateways.flatMap((gateway) => gateway.servers.map((server, index) => ({ gateway, server, index })));
  return servers.flatMap((later, at) => {
    const earlier = servers.slice(0, at).find((one) => one.gateway !== later.gateway && overlap(one, later));
    return earlier === undefined ? [] : [conflict(earlier, later)];
  });
}

function overlap({ server: a }: Placed, { server: b }: Placed): boolean {
  return a.port.number === b.port.number && a.hosts.some((one) => b.hosts.some((other) => meets(one, other)));
}

type Host = GatewayServer["hosts"][number];

/** Gateways may share a wildcard and a host under it; what they may not share is the same host. */
function meets(a: Host, b: Host): boolean {
  const isSame = a.host === b.host || (covers(a.host, b.host) && covers(b.host, a.host));
  return isSame && (a.namespace === b.namespace || a.namespace === "*" || b.namespace === "*");
}

function conflict({ gateway: first }: Placed, { gateway, server, index }: Placed): Found {
  const { number } = server.port;
  return {
    code: "IST0145",
    object: gateway.ref,
    field: `spec.servers[${index}]`,
    message: `${nameOf(first.ref)} has the same selector, port ${number} and hosts, so which of the two serves a request is not defined`,
    fix: "give the hosts to one of the two, or use another port",
  };
}

/** A browser reuses an HTTP/2 connection for all names of its certificate, and so reaches the other Gateway's hosts here. */
function sharedCertificates(gateways: readonly Gateway[], { itemOf }: Inventory): Found[] {
  const first = new Map<string, Gateway>();
  return gateways.flatMap((gateway) =>
    plainList(plainAt(itemOf(gateway.ref)?.spec, "servers")).flatMap((server, index): Found[] => {
      const name = plainText(plainAt(server, "tls", "credentialName"));
      const other = first.get(name);
      if (name === "") return [];
      if (other === undefined) first.set(name, gateway);
      if (other === undefined || other === gateway) return [];
      return [
        {
          code: "IST0138",
          object: gateway.ref,
          field: `spec.servers[${index}].tls.credentialName`,
          message: `the certificate ${name} is also that of ${nameOf(other.ref)}: clients that reuse an HTTP/2 connection get 404 for the other's hosts`,
          fix: "serve these hosts by one Gateway, or give each a certificate of its own",
        },
      ];
    }),
  );
}
