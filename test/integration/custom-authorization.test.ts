import { createServer as createHttpServer, type Server } from "node:http";
import { connect, createServer, type Server as SocketServer } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { AuthorizationSettings } from "../../controlplane/src/model/types.ts";
import { tcpAuthorizationCompiler } from "../../controlplane/src/translate/tcp-authorization.ts";
import { tcpCustomCompiler } from "../../controlplane/src/translate/tcp-custom.ts";
import { buildModules } from "../golden/real-envoy.ts";
import { eventually } from "../kit/eventually.ts";
import { authorizationServer, type AuthorizationServer } from "../kit/grpc-authorization.ts";
import { call, type Answer } from "../kit/http.ts";
import { istioObject, securityObject } from "../kit/mesh-yaml.ts";
import { decodeProviders } from "../kit/providers.ts";
import { echo, freePort, listening, portOf, SmallMesh } from "../kit/small-mesh.ts";
import { tcpListener } from "../kit/tcp-listener.ts";

// CUSTOM policies, trust domains, addresses and connections, as clients of a real Envoy see them.

const ADDRESS = "127.0.78.1";
let program: Server;
let bytes: SocketServer;
let http: Server;
let grpc: AuthorizationServer;
let mesh: SmallMesh | undefined;
let gatewayPort: number;
let tcpPort: number;
let closedPort: number;
/** What the HTTP provider was asked. */
let asked: { readonly url: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];

const provider = (host: string, port: number, protocol: string): string =>
  istioObject(
    "ServiceEntry",
    host,
    `hosts: [${host}.shop.svc.cluster.local]
ports: [{ number: 9000, name: main, protocol: ${protocol}, targetPort: ${port} }]
resolution: STATIC
endpoints: [{ address: 127.0.0.1 }]`,
  );

const services = (): string =>
  [
    istioObject(
      "WorkloadEntry",
      "orders",
      `address: ${ADDRESS}\nports: { http: ${portOf(program)} }\nlabels: { app: orders }`,
    ),
    istioObject("WorkloadEntry", "front", `address: ${ADDRESS}\nlabels: { istio: front }`),
    istioObject(
      "ServiceEntry",
      "orders",
      `hosts: [orders.shop.svc.cluster.local]
ports: [{ number: 80, name: http, protocol: HTTP }]
resolution: STATIC
workloadSelector: { labels: { app: orders } }`,
    ),
    istioObject(
      "Gateway",
      "front",
      `selector: { istio: front }\nservers: [{ port: { number: ${gatewayPort}, name: http, protocol: HTTP }, hosts: ["*"] }]`,
    ),
    istioObject(
      "VirtualService",
      "orders",
      'hosts: ["*"]\ngateways: [front]\nhttp: [{ route: [{ destination: { host: orders } }] }]',
    ),
    provider("opa", portOf(http), "HTTP"),
    provider("opa-grpc", grpc.port, "GRPC"),
    provider("gone", closedPort, "HTTP"),
  ].join("");

const providers = `
- name: opa
  envoyExtAuthzHttp:
    service: shop/opa.shop.svc.cluster.local
    port: 9000
    timeout: 5s
    pathPrefix: /check
    includeRequestHeadersInCheck: [x-user*]
    includeAdditionalHeadersInCheck: { x-mesh: sluice }
    includeRequestBodyInCheck: { maxRequestBytes: 64, allowPartialMessage: true }
    headersToUpstreamOnAllow: [x-decided]
    headersToDownstreamOnDeny: [x-reason]
    headersToDownstreamOnAllow: [x-note]
- name: opa-grpc
  envoyExtAuthzGrpc: { service: opa-grpc.shop.svc.cluster.local, port: 9000, timeout: 5s }
- name: open
  envoyExtAuthzHttp: { service: gone.shop.svc.cluster.local, port: 9000, timeout: 1s, failOpen: true }
- name: closed
  envoyExtAuthzHttp: { service: gone.shop.svc.cluster.local, port: 9000, timeout: 1s, statusOnError: 503 }
- name: nowhere
  envoyExtAuthzHttp: { service: nowhere.test, port: 9000 }
- name: logs
  envoyFileAccessLog: { path: /dev/stdout }
`;

const custom = (name: string, paths: string, by: string = name): string =>
  securityObject(
    "AuthorizationPolicy",
    name,
    `action: CUSTOM
selector: { matchLabels: { app: orders } }
provider: { name: ${by} }
rules: [{ to: [{ operation: { paths: ["${paths}"] } }] }]`,
  );

const policies = [
  custom("opa", "/opa/*"),
  custom("opa-template", "/deep/{*}/opa", "opa"),
  custom("opa-grpc", "/grpc/*"),
  custom("open", "/open/*"),
  custom("closed", "/closed/*"),
  custom("nowhere", "/nowhere/*"),
  custom("unknown", "/unknown/*"),
  securityObject(
    "AuthorizationPolicy",
    "direct",
    "action: DENY\nselector: { matchLabels: { app: orders } }\nrules: [{ from: [{ source: { ipBlocks: [10.0.0.0/8] } }] }, { from: [{ source: { ipBlocks: [127.0.0.0/8] } }], to: [{ operation: { paths: [/direct] } }] }]",
  ),
  securityObject(
    "AuthorizationPolicy",
    "forwarded",
    "action: DENY\nselector: { matchLabels: { app: orders } }\nrules: [{ from: [{ source: { remoteIpBlocks: [10.0.0.0/8] } }], to: [{ operation: { paths: [/forwarded] } }] }]",
  ),
].join("");

beforeAll(async () => {
  await buildModules();
  program = await echo(ADDRESS);
  http = await listening(createHttpServer(askedAbout));
  grpc = await authorizationServer();
  bytes = await listening(createServer((socket) => socket.on("error", () => {}).pipe(socket)));
  gatewayPort = await freePort(ADDRESS);
  tcpPort = await freePort(ADDRESS);
  closedPort = await freePort("127.0.0.1");
  const authorization: AuthorizationSettings = {
    trustDomain: "new.test",
    trustDomainAliases: ["old.test"],
    providers: decodeProviders(providers),
  };
  mesh = await SmallMesh.start({
    files: { "services.yaml": services(), "policies.yaml": policies },
    adjust: (admitted) => ({ ...admitted, config: { ...admitted.config, authorization } }),
    extend: (all, { proxies, ...rest }, options) => {
      const tcpOf = tcpAuthorizationCompiler({ proxies, ...rest }, options.modules.authorization);
      const asking = tcpCustomCompiler({ proxies, ...rest });
      return all.map(({ proxy, resources }) => {
        const workload = proxies.find(({ id }) => id === proxy)?.workload;
        if (workload?.name !== "orders") return { proxy, resources };
        const listener = tcpListener(ADDRESS, tcpPort, portOf(bytes), asking.filters);
        return { proxy, resources: [...resources, ...listener, tcpOf(workload), ...asking.of(workload)] };
      });
    },
  });
  if (mesh) await eventually("the mesh answers", async () => (await get("/")).status === 200, 30_000);
}, 120_000);

afterAll(async () => {
  await mesh?.stop();
  grpc?.stop();
  for (const server of [program, http]) server?.closeAllConnections();
  for (const server of [program, http, bytes]) server?.close();
});

beforeEach(() => {
  asked = [];
});

const askedAbout: Parameters<typeof createHttpServer>[1] = ({ url = "", headers }, answer) => {
  asked.push({ url, headers });
  if (url.endsWith("/no")) answer.writeHead(401, { "x-reason": "because", "x-secret": "s" }).end("no, says opa");
  else answer.writeHead(200, { "x-decided": "yes", "x-note": "noted", "x-secret": "s" }).end();
};

function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return call(`http://${ADDRESS}:${gatewayPort}${path}`, headers);
}

test.each<[path: string, status: number, body: RegExp]>([
  ["/opa/yes", 200, /x-decided/],
  ["/opa/no", 401, /no, says opa/],
  ["/deep/a/opa?x=/no", 401, /no, says opa/],
  ["/grpc/yes", 200, /"url"/],
  ["/grpc/no", 403, /^$/],
  ["/open/a", 200, /"url"/],
  ["/closed/a", 503, /^$/],
  ["/nowhere/a", 403, /^RBAC: access denied$/],
  ["/unknown/a", 403, /^RBAC: access denied$/],
  ["/other", 200, /"url"/],
])("CUSTOM: %s is answered %d", async (path, status, body) => {
  if (mesh === undefined) return;
  const answer = await get(path);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatch(body);
});

test("a provider is told what its definition says, and nothing of other requests", async () => {
  if (mesh === undefined) return;
  await get("/other");
  const allowed = await get("/opa/yes", { "x-user-name": "ada", "x-other": "1" });
  const denied = await get("/opa/no");
  expect(asked.map(({ url }) => url)).toEqual(["/check/opa/yes", "/check/opa/no"]);
  expect(asked[0]?.headers).toMatchObject({ "x-user-name": "ada", "x-mesh": "sluice" });
  expect(asked[0]?.headers).not.toHaveProperty("x-other");
  expect(allowed.headers).toMatchObject({ "x-note": "noted" });
  expect(allowed.headers).not.toHaveProperty("x-secret");
  expect(denied.headers).toMatchObject({ "x-reason": "because" });
  expect(denied.headers).not.toHaveProperty("x-secret");
});

test.each<[path: string, forwarded: Readonly<Record<string, string>>, status: number]>([
  ["/", { "x-forwarded-for": "10.1.2.3" }, 200],
  ["/direct", {}, 403],
  ["/direct", { "x-forwarded-for": "8.8.8.8" }, 403],
  ["/forwarded", {}, 200],
  ["/forwarded", { "x-forwarded-for": "10.1.2.3" }, 403],
])("addresses: a peer that asks a sidecar for %s with %o is answered %d", async (path, forwarded, status) => {
  if (mesh === undefined) return;
  expect((await call(await mesh.sidecarUrl("orders.shop", path), forwarded)).status).toBe(status);
});

/** What comes back for "hello", or nothing where the connection is closed. */
function exchange(): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(tcpPort, ADDRESS, () => socket.write("hello"));
    socket.once("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on("error", () => resolve("")).on("close", () => resolve(""));
  });
}

const tcpPolicy = (name: string, rest: string): string =>
  securityObject("AuthorizationPolicy", name, `selector: { matchLabels: { app: orders } }\n${rest}`);

const asksAbout = (block: string): string =>
  tcpPolicy(
    "asks",
    `action: CUSTOM\nprovider: { name: opa-grpc }\nrules: [{ from: [{ source: { ipBlocks: ["${block}"] } }] }]`,
  );

test.each<[name: string, policy: string, expected: string]>([
  ["no policy", "", "hello"],
  [
    "its own address is allowed",
    tcpPolicy("a", 'rules: [{ from: [{ source: { ipBlocks: ["127.0.0.0/8"] } }] }]'),
    "hello",
  ],
  ["another's address is allowed", tcpPolicy("b", 'rules: [{ from: [{ source: { ipBlocks: ["10.0.0.0/8"] } }] }]'), ""],
  [
    "a rule about HTTP allows no connection",
    tcpPolicy("c", 'rules: [{ to: [{ operation: { methods: ["*"] } }] }]'),
    "",
  ],
  ["CUSTOM of a provider that speaks HTTP means nothing", custom("opa", "/opa/*"), "hello"],
  ["CUSTOM of a provider that speaks gRPC, which denies", asksAbout("127.0.0.0/8"), ""],
  ["which is not asked about others", asksAbout("10.0.0.0/8"), "hello"],
  ["of which only what a connection has counts", custom("opa-grpc", "/grpc/*"), ""],
  ["CUSTOM of a provider that nobody declared denies", custom("unknown", "/x"), ""],
])("a connection: %s", async (_, policy, expected) => {
  if (mesh === undefined) return;
  grpc.deniesAll = true;
  await mesh.apply("policies.yaml", policy === "" ? "# none\n" : policy);
  await eventually("the policy is in force", async () => ((await exchange()) === expected ? true : undefined));
});

test("a connection: CUSTOM of a provider that speaks gRPC, which allows", async () => {
  if (mesh === undefined) return;
  await mesh.apply("policies.yaml", asksAbout("127.0.0.0/8"));
  grpc.deniesAll = false;
  const { asked: before } = grpc;
  await eventually("it is allowed", async () => ((await exchange()) === "hello" && grpc.asked > before) || undefined);
});
