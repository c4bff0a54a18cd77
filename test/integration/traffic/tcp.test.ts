import type { ConnectionExplanation } from "@sluice/controlplane";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../kit/discovery.ts";
import { converse, object, serviceOf, tlsHello, TrafficMesh } from "./kit.ts";

// Connections that are not HTTP, and what the MeshConfig says.

let mesh: TrafficMesh;
let tcpPort: number;
let tlsPort: number;
let web: number;
let programs: Readonly<Record<string, number>>;

const to = (host: string): string => `route: [{ destination: { host: ${host} } }]`;

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  [tcpPort, tlsPort] = [await freePort(), await freePort()];
  const [one, two, app] = [await mesh.tcpProgram("one"), await mesh.tcpProgram("two"), await mesh.tcpProgram("app")];
  programs = { one, two };
  web = await mesh.program("web");
  const server = (port: number, protocol: string, more = ""): string =>
    `- port: { number: ${port}, name: ${protocol.toLowerCase()}, protocol: ${protocol} }\n  hosts: ["*"]${more}`;
  mesh.write(
    "objects.yaml",
    [
      serviceOf("db.echo", "TCP", { one, two }),
      serviceOf("plain.echo", "TCP", { two }),
      serviceOf("one.echo", "TLS", { one }),
      serviceOf("two.echo", "TLS", { two }),
      serviceOf("web.echo", "HTTP", { web }),
      object("WorkloadEntry", "client", `address: 127.0.0.1\nlabels: { app: client }\nports: { main: ${app} }`),
      object(
        "ServiceEntry",
        "app",
        "hosts: [app.echo]\nports: [{ number: 80, name: main, protocol: TCP }]\nlocation: MESH_INTERNAL\nresolution: STATIC\nworkloadSelector: { labels: { app: client } }",
      ),
      object("DestinationRule", "db", "host: db.echo\nsubsets: [{ name: one, labels: { version: one } }]"),
      object(
        "VirtualService",
        "db",
        "hosts: [db.echo]\ntcp: [{ match: [{ sourceNamespace: other }], route: [{ destination: { host: two.echo } }] }, { route: [{ destination: { host: db.echo, subset: one }, weight: 9 }, { destination: { host: two.echo }, weight: 0 }] }]",
      ),
      object(
        "VirtualService",
        "sni",
        `hosts: [one.echo, "*.test"]\ntls:\n- match: [{ sniHosts: [x.test] }]\n  ${to("two.echo")}\n- match: [{ sniHosts: ["*.test"] }]\n  ${to("one.echo")}`,
      ),
      object(
        "Gateway",
        "edge",
        `selector: { istio: tcp }\nservers:\n${server(mesh.gatewayPort, "HTTP")}\n${server(tcpPort, "TCP")}\n${server(tlsPort, "TLS", "\n  tls: { mode: PASSTHROUGH }")}`,
      ),
      object(
        "VirtualService",
        "edge-tcp",
        `hosts: ["*"]\ngateways: [edge]\ntcp: [{ match: [{ port: 1 }], ${to("two.echo")} }, { match: [{ port: ${tcpPort}, destinationSubnets: [10.0.0.0/8] }], ${to("one.echo")} }, { match: [{ port: ${tcpPort}, destinationSubnets: [127.0.0.0/8] }], ${to("plain.echo")} }]`,
      ),
      object(
        "VirtualService",
        "edge-tls",
        `hosts: [a.test, "*.b.test"]\ngateways: [edge]\ntls:\n- match: [{ sniHosts: [a.test] }]\n  ${to("one.echo")}\n- match: [{ sniHosts: ["*.b.test"] }]\n  ${to("two.echo")}`,
      ),
      object("VirtualService", "edge-http", `hosts: ["*"]\ngateways: [edge]\nhttp: [{ ${to("web.echo")} }]`),
    ].join("---\n"),
  );
  mesh.write(
    "mesh.yaml",
    [
      "accessLogFile: /dev/stdout",
      "accessLogEncoding: JSON",
      "defaultHttpRetryPolicy: { attempts: 1, retryOn: '503' }",
      "pathNormalization: { normalization: DECODE_AND_MERGE_SLASHES }",
      "outboundTrafficPolicy: { mode: ALLOW_ANY }",
      "enableTracing: false",
    ].join("\n"),
  );
  await mesh.start();
});
afterAll(async () => {
  await mesh.stop();
});

test("a sidecar's own port for a TCP service leads to it", async () => {
  expect(await converse(mesh.tcpPort("plain.echo"), "ping", /ping/)).toBe("two\nping");
});

test("a TCP route with subsets and weights; the first that holds for the client counts", async () => {
  for (let time = 0; time < 4; time++) {
    expect(await converse(mesh.tcpPort("db.echo"), "ping", /ping/)).toBe("one\nping");
  }
});

test("a program that speaks TCP is reached through its own sidecar", async () => {
  expect(await converse(mesh.tcpPort("app.echo"), "ping", /ping/)).toBe("app\nping");
});

test("TLS routes by server name, exact before wildcard; a name without a route is refused", async () => {
  const port = mesh.tcpPort("one.echo");
  expect(await converse(port, await tlsHello("x.test"), /^two\n/)).toMatch(/^two\n/);
  expect(await converse(port, await tlsHello("y.test"), /^one\n/)).toMatch(/^one\n/);
  await expect(converse(port, await tlsHello("y.other"), /\n/).catch(() => "")).resolves.toBe("");
});

test("TLS without routes goes to the service, whatever the name", async () => {
  expect(await converse(mesh.tcpPort("two.echo"), await tlsHello("any.other"), /^two\n/)).toMatch(/^two\n/);
});

test("a gateway's TCP port, by the route for its port and its address", async () => {
  expect(await converse(tcpPort, "ping", /ping/)).toBe("two\nping");
});

test("a gateway passes TLS on by its server name", async () => {
  expect(await converse(tlsPort, await tlsHello("a.test"), /^one\n/)).toMatch(/^one\n/);
  expect(await converse(tlsPort, await tlsHello("x.b.test"), /^two\n/)).toMatch(/^two\n/);
  await expect(converse(tlsPort, await tlsHello("c.test"), /\n/).catch(() => "")).resolves.toBe("");
});

// The same connections as above: Envoy took them there.
test.each<[what: string, query: () => [string, string][], to: string | undefined]>([
  [
    "a TCP service",
    () => [
      ["from", "client"],
      ["host", "plain.echo"],
      ["port", "80"],
    ],
    "two",
  ],
  [
    "TCP routes",
    () => [
      ["from", "client"],
      ["host", "db.echo"],
      ["port", "80"],
    ],
    "one",
  ],
  [
    "a server name",
    () => [
      ["from", "client"],
      ["host", "one.echo"],
      ["port", "80"],
      ["sni", "x.test"],
    ],
    "two",
  ],
  [
    "a wildcard",
    () => [
      ["from", "client"],
      ["host", "one.echo"],
      ["port", "80"],
      ["sni", "y.test"],
    ],
    "one",
  ],
  [
    "an unknown name",
    () => [
      ["from", "client"],
      ["host", "one.echo"],
      ["port", "80"],
      ["sni", "y.other"],
    ],
    undefined,
  ],
  [
    "TLS without routes",
    () => [
      ["from", "client"],
      ["host", "two.echo"],
      ["port", "80"],
      ["sni", "any.other"],
    ],
    "two",
  ],
  [
    "a gateway's port",
    () => [
      ["host", "any"],
      ["port", String(tcpPort)],
    ],
    "two",
  ],
  [
    "a gateway's server name",
    () => [
      ["host", "any"],
      ["port", String(tlsPort)],
      ["sni", "a.test"],
    ],
    "one",
  ],
  [
    "a gateway's wildcard",
    () => [
      ["host", "any"],
      ["port", String(tlsPort)],
      ["sni", "x.b.test"],
    ],
    "two",
  ],
  [
    "a name that is not the gateway's",
    () => [
      ["host", "any"],
      ["port", String(tlsPort)],
      ["sni", "c.test"],
    ],
    undefined,
  ],
])("where a connection goes is explained: %s", async (_, query, program) => {
  const { outcome, attempts } = (await mesh.explain("/explain/connection", query())) as ConnectionExplanation;
  const endpoints = outcome.kind === "forward" ? outcome.destinations.flatMap((one) => one.endpoints) : [];
  expect(endpoints).toEqual(program === undefined ? [] : [`127.0.0.1:${programs[program]}`]);
  // Of the routes that were tried the last one holds, if any does.
  if (program !== undefined && attempts.length > 0) expect(attempts.at(-1)?.mismatch).toBeUndefined();
});

test.each([
  ["plain.echo", "two"],
  ["db.echo", "one"],
])("a CONNECT to %s becomes a connection to it, by its TCP routes", async (host, name) => {
  const connect = `CONNECT ${host}:80 HTTP/1.1\r\nhost: ${host}:80\r\n\r\n`;
  const heard = await converse(mesh.outboundPort, connect, /\n(one|two)\n/);
  expect(heard).toMatch(new RegExp(`^HTTP/1.1 200 OK[^]*\r\n\r\n${name}\n$`));
});

test("ALLOW_ANY: a host that nobody declared is resolved, for HTTP and for CONNECT", async () => {
  const answer = await mesh.ask("sidecar", `localhost:${web}`, "/free");
  expect(answer).toMatchObject({ status: 200, to: "web" });
  expect(answer.headers?.["x-sluice-peer"]).toBeUndefined();
  const connect = `CONNECT localhost:${web} HTTP/1.1\r\nhost: localhost:${web}\r\n\r\n`;
  expect(await converse(mesh.outboundPort, connect, /200 OK/)).toContain("200 OK");
});

test("the mesh's retry policy holds where a route has none", async () => {
  expect((await mesh.ask("gateway", "any.test", "/status/503?mesh")).status).toBe(503);
  expect(mesh.seen.filter(({ path }) => path === "/status/503?mesh").length).toBe(2);
});

test("paths are normalised as the mesh says", async () => {
  expect(await mesh.ask("gateway", "any.test", "/a//b%2Fc/../d")).toMatchObject({ path: "/a/b/d" });
});

// The last, as it ends the Envoys.
test("the access log in JSON", async () => {
  await mesh.endEnvoys();
  const lines = mesh.log("istio-tcp.istio-system").split("\n");
  const line = lines.find((one) => one.includes("/status/503?mesh")) ?? "";
  expect(JSON.parse(line.slice(line.indexOf("{")))).toMatchObject({ method: "GET", response_code: 503 });
});
