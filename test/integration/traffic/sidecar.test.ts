import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority } from "../../kit/certificates.ts";
import { freePort } from "../../kit/discovery.ts";
import { eventually } from "../../kit/eventually.ts";
import { converse, object, serviceOf, tlsHello, TrafficMesh, type Got } from "./kit.ts";
import { askTls } from "./tls-client.ts";

// Sidecar, ServiceEntry, WorkloadEntry and MeshConfig by what two sidecars do: `client`, which a Sidecar is for, and
// `plain` in another namespace, for which the MeshConfig alone holds.

let mesh: TrafficMesh;
let authority: Authority;
let plain: number;
// A name instead of a file: an Envoy in a container may write none.
const SOCKET = `sluice-traffic-${process.pid}`;
const ports = { none: 0, web: 0, socket: 0, tcp: 0, secured: 0, one: 0, sni: 0, proxy: 0, db: 0 };

const of = (namespace: string, text: string): string => text.replace("namespace: echo", `namespace: ${namespace}`);
const entry = (name: string, hosts: string, more: string, port = "number: 80, name: main, protocol: HTTP"): string =>
  object("ServiceEntry", name, `hosts: [${hosts}]\nports: [{ ${port} }]\nlocation: MESH_INTERNAL\n${more}`);
const inline = (port: number, address = "127.0.0.1"): string =>
  `endpoints: [{ address: ${address}, ports: { main: ${port} } }]`;

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  authority = await Authority.create("test");
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort();
  const [a, b, proxy] = [await mesh.program("a"), await mesh.program("b"), await mesh.program("proxy")];
  const [one, two] = [await mesh.tcpProgram("one"), await mesh.tcpProgram("two")];
  ports.none = a;
  const socket = await mesh.socketProgram("socket");
  const pair = await authority.issue("client.test");
  const [certificate, key] = [mesh.file("in.pem", pair.certificate), mesh.file("in.key", pair.privateKey)];
  const exact = "bind: 127.0.0.1, captureMode: NONE";
  mesh.write(
    "services.yaml",
    [
      serviceOf("a.echo", "HTTP", { a }),
      serviceOf("b.echo", "HTTP", { b }),
      serviceOf("proxy.echo", "HTTP", { proxy }),
      serviceOf("hidden.echo", "HTTP", { b }),
      serviceOf("two.echo", "TLS", { two }),
      entry("socket", "socket.echo", `resolution: STATIC\nendpoints: [{ address: "unix://${socket}" }]`),
      entry("dns", "dns.echo", `resolution: DNS\n${inline(a, "localhost")}`),
      entry("round", "round.echo", `resolution: DNS_ROUND_ROBIN\n${inline(b, "localhost")}`),
      entry("none", "localhost", "resolution: NONE", `number: ${a}, name: main, protocol: HTTP`),
      entry("named", '"*.wild.echo"', `resolution: STATIC\n${inline(a)}`),
      entry("vip", "vip.echo", `addresses: [10.9.8.7, 10.1.0.0/16]\nresolution: STATIC\n${inline(b)}`),
      entry(
        "target",
        "target.echo",
        "resolution: STATIC\nendpoints: [{ address: 127.0.0.1 }]",
        `number: 80, name: main, protocol: HTTP, targetPort: ${b}`,
      ),
      entry("mine", "mine.echo", `exportTo: [.]\nresolution: STATIC\n${inline(a)}`),
      entry(
        "places",
        "places.echo",
        `resolution: STATIC\nendpoints:\n- { address: 127.0.0.1, ports: { main: ${a} }, locality: far/one }\n- { address: 127.0.0.1, ports: { main: ${b} }, locality: there/one }`,
      ),
      entry("away", "away.echo", "resolution: DNS\nworkloadSelector: { labels: { app: away } }"),
      object("WorkloadEntry", "away", `address: localhost\nports: { main: ${b} }\nlabels: { app: away }\nnetwork: far`),
      // Ports that the listeners of the Sidecar are for.
      entry(
        "here",
        "here.echo",
        `resolution: STATIC\n${inline(a)}`,
        `number: ${ports.web}, name: main, protocol: HTTP`,
      ),
      entry("db", "db.echo", `resolution: STATIC\n${inline(one)}`, `number: ${ports.one}, name: main, protocol: TCP`),
      entry("s1", "s1.test", `resolution: STATIC\n${inline(one)}`, `number: ${ports.sni}, name: main, protocol: TLS`),
      entry("s2", "s2.test", `resolution: STATIC\n${inline(two)}`, `number: ${ports.sni}, name: main, protocol: TLS`),
      // Destinations by subnets of the addresses that a service has.
      entry(
        "subnets",
        "subnets.echo",
        `addresses: [10.20.30.40]\nresolution: STATIC\n${inline(one)}`,
        `number: ${ports.db}, name: main, protocol: TCP`,
      ),
      object(
        "VirtualService",
        "subnets",
        `hosts: [subnets.echo]\ntcp:\n- match: [{ destinationSubnets: [10.99.0.0/16] }]\n  route: [{ destination: { host: s1.test } }]\n- match: [{ destinationSubnets: [10.20.0.0/16] }]\n  route: [{ destination: { host: two.echo } }]`,
      ),
      serviceOf("routed.echo", "TCP", { one }),
      object(
        "VirtualService",
        "routed",
        'hosts: [routed.echo]\nexportTo: ["*"]\ntcp:\n- match: [{ sourceLabels: { app: plain }, port: 80 }]\n  route: [{ destination: { host: two.echo } }]\n- match: [{ gateways: [mesh] }]\n  route: [{ destination: { host: routed.echo }, weight: 2 }, { destination: { host: two.echo }, weight: 2 }]',
      ),
      of(
        "other",
        object("VirtualService", "elsewhere", "hosts: [b.echo]\nhttp: [{ directResponse: { status: 410 } }]"),
      ),
      object(
        "VirtualService",
        "everywhere",
        'hosts: [a.echo]\nexportTo: ["*"]\nhttp: [{ match: [{ uri: { prefix: /gone } }], directResponse: { status: 410 } }, { route: [{ destination: { host: a.echo } }] }]',
      ),
    ].join("---\n"),
  );
  mesh.write(
    "workloads.yaml",
    [
      object(
        "WorkloadEntry",
        "client",
        `address: 127.0.0.1\nlabels: { app: client }\nlocality: here/one\nports: { http: ${a} }`,
      ),
      of("other", object("WorkloadEntry", "plain", "address: 127.0.0.1\nlabels: { app: plain }\nports: { http: 1 }")),
      object("Sidecar", "wide", 'egress: [{ hosts: ["~/*"] }]'),
      object(
        "Sidecar",
        "client",
        `workloadSelector: { labels: { app: client } }
ingress:
- { port: { number: ${ports.web}, protocol: HTTP, name: web }, ${exact}, defaultEndpoint: "127.0.0.1:${b}", connectionPool: { http: { http2MaxRequests: 1 } } }
- { port: { number: ${ports.socket}, protocol: HTTP, name: socket }, ${exact}, defaultEndpoint: "unix://${socket}" }
- { port: { number: ${ports.tcp}, protocol: TCP, name: tcp }, ${exact}, defaultEndpoint: "127.0.0.1:${one}" }
- { port: { number: ${ports.secured}, protocol: HTTPS, name: tls }, ${exact}, defaultEndpoint: "127.0.0.1:${a}", tls: { mode: SIMPLE, serverCertificate: ${certificate}, privateKey: ${key} } }
egress:
- { port: { number: ${ports.web}, protocol: HTTP, name: web }, bind: 127.0.0.2, captureMode: NONE, hosts: ["*/here.echo"] }
- { port: { number: ${ports.one}, protocol: TCP, name: tcp }, captureMode: NONE, hosts: ["./db.echo"] }
- { port: { number: ${ports.sni}, protocol: TLS, name: sni }, captureMode: NONE, hosts: ["./*"] }
- { port: { number: ${ports.proxy}, protocol: HTTP_PROXY, name: proxy }, captureMode: NONE, hosts: ["./b.echo", "./db.echo"] }
- { port: { number: 0, protocol: HTTP, name: out }, bind: "unix://@${SOCKET}", hosts: ["./b.echo"] }
- { hosts: ["./*", "other/*", "~./hidden.echo"] }
outboundTrafficPolicy: { mode: ALLOW_ANY, egressProxy: { host: proxy.echo, port: { number: 80 } } }`,
      ),
    ].join("---\n"),
  );
  mesh.write(
    "mesh.yaml",
    `outboundTrafficPolicy: { mode: ALLOW_ANY_DYNAMIC_DNS }
defaultVirtualServiceExportTo: [.]
localityLbSetting: { failover: [{ from: here, to: there }] }
defaultTrafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } }, outlierDetection: { interval: 10s } }
connectTimeout: 2s
dnsRefreshRate: 5s
outboundClusterStatName: "to_%SERVICE%_%SERVICE_PORT%"
inboundClusterStatName: "in_%TARGET_PORT%"
extensionProviders: [{ name: own, envoyFileAccessLog: { path: /dev/stdout, logFormat: { text: "own %REQ(:PATH)%" } } }]
defaultProviders: { accessLogging: [own] }
`,
  );
  await mesh.start();
  plain = mesh.portOf("plain.other");
});
afterAll(async () => {
  await mesh.stop();
});

/** A GET of the program's through the Unix socket of its sidecar. */
async function askSocket(host: string): Promise<Pick<Got, "status">> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: `\0${SOCKET}`, path: "/", headers: { host } }, (incoming) => {
      incoming.resume();
      resolve({ status: incoming.statusCode ?? 0 });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const toA = { status: 200, to: "a" };
const toB = { status: 200, to: "b" };
const toProxy = { status: 200, to: "proxy" };

describe("ServiceEntry", () => {
  test.each([
    ["an endpoint at a Unix socket", "socket.echo", { status: 200, to: "socket" }],
    ["DNS with an endpoint by name", "dns.echo", toA],
    ["DNS_ROUND_ROBIN", "round.echo", toB],
    ["a wildcard host", "any.wild.echo", toA],
    ["one of its addresses", "10.9.8.7", toB],
    ["targetPort", "target.echo", toB],
    ["exportTo the own namespace", "mine.echo", toA],
    ["a WorkloadEntry by name, which has no sidecar", "away.echo", toB],
  ])("%s", async (_, host, expected) => {
    expect(await mesh.ask("sidecar", host, "/")).toMatchObject(expected);
  });

  test("resolution NONE resolves the host itself", async () => {
    // A host that nobody declared would go to the egress proxy.
    expect(await mesh.ask("sidecar", `localhost:${ports.none}`, "/")).toMatchObject(toA);
  });

  test("exportTo hides it from another namespace", async () => {
    expect((await mesh.ask(plain, "mine.echo", "/")).status).not.toBe(200);
    expect(await mesh.ask(plain, "vip.echo", "/")).toMatchObject(toB);
  });
});

describe("Sidecar: what comes in", () => {
  test("at the port itself, for a program elsewhere", async () => {
    expect(await mesh.ask(ports.web, "client.echo", "/")).toMatchObject(toB);
  });

  test("for a program at a Unix socket", async () => {
    expect(await mesh.ask(ports.socket, "client.echo", "/in")).toMatchObject({
      status: 200,
      to: "socket",
      path: "/in",
    });
  });

  test("TCP", async () => {
    expect(await converse(ports.tcp, "ping", /ping/)).toBe("one\nping");
  });

  test("within TLS that the sidecar ends", async () => {
    const answer = await askTls({ port: ports.secured, host: "client.test", ca: authority.pem });
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"to":"a"') as string });
  });

  test("no more requests at a time than its connection pool lets through", async () => {
    const waiting = request({ host: "127.0.0.1", port: ports.web, path: "/never?pool" });
    waiting.on("error", () => {});
    waiting.end();
    await eventually("the first request", () => mesh.seen.some(({ path }) => path === "/never?pool"));
    expect(await mesh.ask(ports.web, "client.echo", "/")).toMatchObject({ status: 503 });
    waiting.destroy();
  });
});

describe("Sidecar: what goes out", () => {
  test("an HTTP listener of its own, for its port of its hosts and nothing else", async () => {
    const [web, elsewhere] = [await askAt("127.0.0.2", "here.echo"), await askAt("127.0.0.2", "a.echo")];
    expect([web, elsewhere]).toMatchObject([toA, toProxy]);
  });

  test("a TCP listener", async () => {
    expect(await converse(ports.one, "ping", /ping/)).toBe("one\nping");
  });

  test("a TLS listener, by the names of its hosts", async () => {
    expect(await converse(ports.sni, await tlsHello("s1.test"), /^one\n/)).toMatch(/^one\n/);
    expect(await converse(ports.sni, await tlsHello("s2.test"), /^two\n/)).toMatch(/^two\n/);
  });

  test("an HTTP proxy, for all ports of its hosts", async () => {
    expect(await mesh.ask(ports.proxy, "b.echo", "/")).toMatchObject(toB);
    const connect = `CONNECT db.echo:${ports.one} HTTP/1.1\r\nhost: db.echo:${ports.one}\r\n\r\n`;
    expect(await converse(ports.proxy, connect, /\none\n/)).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test("a listener at a Unix socket", async () => {
    expect(await askSocket("b.echo")).toMatchObject({ status: 200 });
  });

  test("what is taken away from the hosts, or declared by nobody, goes to the egress proxy", async () => {
    expect(await mesh.ask("sidecar", "hidden.echo", "/")).toMatchObject(toProxy);
    expect(await mesh.ask("sidecar", "nobody.test", "/")).toMatchObject({
      ...toProxy,
      headers: { host: "nobody.test" },
    });
  });

  test("TCP routes by the client's labels, and by weight", async () => {
    const heard = new Set<string>();
    for (let time = 0; time < 40 && heard.size < 2; time++)
      heard.add(await converse(mesh.tcpPort("routed.echo"), "ping", /ping/));
    expect([...heard].toSorted()).toEqual(["one\nping", "two\nping"]);
    const connect = "CONNECT routed.echo:80 HTTP/1.1\r\nhost: routed.echo:80\r\n\r\n";
    for (let time = 0; time < 4; time++) expect(await converse(plain, connect, /\n(one|two)\n/)).toMatch(/\ntwo\n/);
  });

  test("destinationSubnets, by the addresses of the service", async () => {
    expect(await converse(mesh.tcpPort("subnets.echo"), "ping", /ping/)).toBe("two\nping");
  });
});

describe("MeshConfig", () => {
  test("ALLOW_ANY_DYNAMIC_DNS resolves what nobody declared", async () => {
    const port = ports.web;
    expect(await mesh.ask(plain, `localhost:${port}`, "/")).toMatchObject(toB);
  });

  test("defaultVirtualServiceExportTo: only who says so is seen by other namespaces", async () => {
    expect(await mesh.ask("sidecar", "b.echo", "/")).toMatchObject(toB);
    expect((await mesh.ask(plain, "b.echo", "/")).status).toBe(410);
    expect((await mesh.ask(plain, "a.echo", "/gone")).status).toBe(410);
  });

  test("localityLbSetting and outlierDetection hold where no DestinationRule says otherwise", async () => {
    for (let time = 0; time < 4; time++) expect(await mesh.ask("sidecar", "places.echo", "/")).toMatchObject(toB);
  });

  test("defaultTrafficPolicy, and the names of Envoy's own metrics", async () => {
    await mesh.ask("sidecar", "target.echo", "/");
    const name = "cluster.to_target.echo_80.upstream_cx_max_requests";
    await eventually("a connection that took one request", async () => (await mesh.stat(name)) > 0);
    expect(await mesh.stat(`cluster.in_${ports.web}.upstream_rq_total`)).toBeGreaterThan(0);
  });

  // The last, as it ends the Envoys.
  test("defaultProviders: logs where no Telemetry says otherwise", async () => {
    await mesh.ask("sidecar", "a.echo", "/logged");
    await mesh.endEnvoys();
    expect(mesh.log("client.echo")).toContain("own /logged");
  });
});

function gotFrom(body: string): { to?: string } {
  return body.startsWith("{") ? (JSON.parse(body) as { to: string }) : {};
}

/** A request at the port `web` of another address. */
async function askAt(address: string, host: string): Promise<{ status: number; to?: string }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({ host: address, port: ports.web, path: "/", headers: { host } }, (incoming) => {
      let body = "";
      incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, ...gotFrom(body) }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
