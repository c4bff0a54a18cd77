import { describe, expect, test } from "vitest";
import type { Mesh, TcpMatch, TcpRoute } from "../model/types.ts";
import { translate } from "./index.ts";
import { resourceJson } from "./json-fixture.ts";
import { gateway, gatewayProxy, mesh, service, sidecar, virtualService, workload } from "./mesh-fixture.ts";

const digest = { sha256: "0".repeat(64) };
const modules = { authorization: digest, policies: digest };
const position = { file: "mesh.yaml", line: 1, column: 1 };
const tcp = { number: 5432, name: "tcp", protocol: "TCP" as const };
const tls = { number: 443, name: "tls", protocol: "TLS" as const };
const services = [
  service("db.com", { ports: [tcp] }),
  service("x.com", { ports: [tls] }),
  service("y.com", { ports: [tls] }),
];
const client = sidecar(workload("client"), {
  tcp: [
    { host: "db.com", port: 5432, listenPort: 10_001 },
    { host: "x.com", port: 443, listenPort: 10_002 },
  ],
});

function match(fields: Partial<TcpMatch> = {}): TcpMatch {
  return { sourceLabels: {}, ...fields };
}

function route(hosts: readonly string[], ...matches: readonly TcpMatch[]): TcpRoute {
  return {
    match: matches,
    route: hosts.map((host, i) => ({ destination: { host }, weight: hosts.length - i })),
    position,
  };
}

interface Chain {
  readonly filter_chain_match?: object;
  readonly filters: readonly {
    readonly typed_config?: { readonly cluster?: string; readonly weighted_clusters?: object };
  }[];
}

/** The chains of a listener: what they match on, and where they lead to. */
function chains(of: Mesh, name: string): unknown {
  const listener = translate(of, { modules })
    .flatMap(({ resources }) => resources)
    .find((resource) => resource.kind === "listener" && resource.name === name);
  if (listener === undefined) return undefined;
  const { filter_chains: list } = resourceJson(listener) as unknown as { filter_chains: readonly Chain[] };
  return list.map(({ filter_chain_match: when, filters }) => {
    const to = filters.at(-1)?.typed_config;
    return [when, to?.cluster ?? to?.weighted_clusters];
  });
}

describe("a sidecar's port for a service", () => {
  const meshWith = (fields: Parameters<typeof virtualService>[2]): Mesh =>
    mesh({ services, proxies: [client], virtualServices: [virtualService(["db.com", "x.com"], [], fields)] });

  test("leads to the service without a VirtualService", () => {
    expect(chains(meshWith({}), "outbound|5432||db.com")).toEqual([[undefined, "outbound|5432||db.com"]]);
  });

  test("leads where the first TCP route that holds says", () => {
    const of = meshWith({
      tcp: [route(["x.com"], match({ port: 1 }), match({ sourceNamespace: "other" })), route(["y.com", "db.com"])],
    });
    const expected = {
      clusters: [
        { name: "outbound|443||y.com", weight: 2 },
        { name: "outbound|5432||db.com", weight: 1 },
      ],
    };
    expect(chains(of, "outbound|5432||db.com")).toEqual([[undefined, expected]]);
  });

  test("asks for the server name where TLS routes do, once for each", () => {
    const of = meshWith({
      tls: [
        route(["y.com"], match({ sniHosts: ["a.com", "b.com"], port: 443 })),
        route(["x.com"], match({ sniHosts: ["b.com", "*"], port: 443 })),
      ],
    });
    expect(chains(of, "outbound|443||x.com")).toEqual([
      [{ server_names: ["a.com", "b.com"] }, "outbound|443||y.com"],
      [{ transport_protocol: "tls" }, "outbound|443||x.com"],
    ]);
    expect(chains(of, "outbound|5432||db.com")).toEqual([[undefined, "outbound|5432||db.com"]]);
  });

  test("decides destinationSubnets by the service's addresses", () => {
    const of = (addresses?: readonly string[]): Mesh => {
      const routes = [
        route(["x.com"], match({ destinationSubnets: ["10.2.0.0/16"] })),
        route(["y.com"], match({ destinationSubnets: ["fd00::/8", "10.1.0.0/16"] })),
      ];
      const db = service("db.com", { ports: [tcp], ...(addresses && { addresses }) });
      const virtualServices = [virtualService(["db.com"], [], { tcp: routes })];
      return mesh({ services: [db, ...services.slice(1)], proxies: [client], virtualServices });
    };
    const to = (...addresses: string[]): unknown => chains(of(addresses), "outbound|5432||db.com");
    expect(to("10.1.2.3")).toEqual([[undefined, "outbound|443||y.com"]]);
    expect(to("1.2.3.4", "10.2.0.0/24")).toEqual([[undefined, "outbound|443||x.com"]]);
    expect(to("1.2.3.4")).toEqual([[undefined, "outbound|5432||db.com"]]);
    expect(chains(of(), "outbound|5432||db.com")).toEqual([[undefined, "outbound|5432||db.com"]]);
  });

  test("does not look at VirtualServices of gateways or of other namespaces", () => {
    const elsewhere = { tcp: [route(["y.com"])] };
    for (const hidden of [{ gateways: ["default/g"] }, { exportTo: ["other"] }]) {
      expect(chains(meshWith({ ...elsewhere, ...hidden }), "outbound|5432||db.com")).toEqual([
        [undefined, "outbound|5432||db.com"],
      ]);
    }
  });
});

test("a program that speaks TCP has an inbound listener of its own", () => {
  const of = sidecar(workload("db"), {
    inbound: [{ name: "tcp", appPort: 5432, listenPort: 20_005, service: { host: "db.com", port: tcp } }],
  });
  expect(chains(mesh({ services, proxies: [of] }), "inbound|127.0.0.1_20005")).toEqual([
    [undefined, "inbound|5432||db.com"],
  ]);
});

describe("a gateway's port", () => {
  const server = (
    number: number,
    protocol: "TCP" | "TLS",
    host = "*",
  ): ReturnType<typeof gateway>["servers"][number] => ({
    port: { number, protocol, name: "s" },
    hosts: [{ namespace: "*", host }],
    ...(protocol === "TLS" ? { tls: { mode: "PASSTHROUGH" as const } } : {}),
  });
  const gateways = [
    gateway("g", { servers: [server(9000, "TCP"), server(9443, "TLS", "*.com"), server(9001, "TCP")] }),
  ];
  const of = mesh({
    services,
    gateways,
    proxies: [gatewayProxy(gateways)],
    virtualServices: [
      virtualService(["*.com"], [], {
        gateways: ["default/g"],
        tcp: [route(["db.com"], match({ port: 9000 }))],
        tls: [route(["x.com"], match({ sniHosts: ["x.com", "x.org"] })), route(["y.com"], match({ sniHosts: ["*"] }))],
      }),
    ],
  });

  test("for TCP leads where the route for the port says", () => {
    expect(chains(of, "127.0.0.1_9000")).toEqual([[undefined, "outbound|5432||db.com"]]);
  });

  test("that has no route does not listen", () => {
    expect(chains(of, "127.0.0.1_9001")).toBeUndefined();
  });

  test("tells connections apart by the address that they are for", () => {
    const range = (...destinationSubnets: string[]): TcpMatch => match({ destinationSubnets });
    const tcpRoutes = [
      route(["db.com"], range("10.0.0.0/8", "fd00::1")),
      route(["x.com"], range("10.0.0.0/8", "127.0.0.1")),
      route(["y.com"]),
      route(["db.com"], range("1.1.1.1")),
    ];
    const tlsRoutes = [route(["x.com"], match({ sniHosts: ["x.com"], destinationSubnets: ["10.0.0.0/8"] }))];
    const fields = { gateways: ["default/g"], tcp: tcpRoutes, tls: tlsRoutes };
    const ranged = { ...of, virtualServices: [virtualService(["*.com"], [], fields)] };
    expect(chains(ranged, "127.0.0.1_9000")).toEqual([
      [
        {
          prefix_ranges: [
            { address_prefix: "10.0.0.0", prefix_len: 8 },
            { address_prefix: "fd00::1", prefix_len: 128 },
          ],
        },
        "outbound|5432||db.com",
      ],
      [{ prefix_ranges: [{ address_prefix: "127.0.0.1", prefix_len: 32 }] }, "outbound|443||x.com"],
      [undefined, "outbound|443||y.com"],
    ]);
    const named = { server_names: ["x.com"], prefix_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] };
    expect(chains(ranged, "127.0.0.1_9443")).toEqual([[named, "outbound|443||x.com"]]);
  });

  test("passes TLS on by the server names that the server, the VirtualService and the match share", () => {
    expect(chains(of, "127.0.0.1_9443")).toEqual([
      [{ server_names: ["x.com"] }, "outbound|443||x.com"],
      [{ server_names: ["*.com"] }, "outbound|443||y.com"],
    ]);
  });
});
