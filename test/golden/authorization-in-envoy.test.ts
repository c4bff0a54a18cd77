import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, request as plainRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { Agent, request as tlsRequest } from "node:https";
import { connect as connectPlain, createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { connect as connectTls } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findEnvoy, startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import type { AuthorizationPolicy, AuthorizationRule, ValueMatch } from "../../controlplane/src/model/types.ts";
import { compileAuthorization, customAuthorizations } from "../../controlplane/src/policy/authorization.ts";
import type { AuthorizationOptions } from "../../controlplane/src/policy/authorization.ts";
import { certificateAuthority } from "../kit/openssl-authority.ts";
import { authorizationPolicy, namespaces, operation, values } from "./models.ts";
import { buildModules, filter } from "./real-envoy.ts";

// What only a real Envoy can tell: how facts of connections and of other filters reach the filter.

const FIRST_PORT = 20_931;
const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
const blocks = (...texts: readonly string[]): readonly ValueMatch[] => texts.map((value) => ({ kind: "cidr", value }));
const CLIENT = "spiffe://cluster.local/ns/shop/sa/cart";

interface Subject {
  readonly policies: readonly AuthorizationPolicy[];
  readonly options?: AuthorizationOptions;
  readonly kind: "http" | "https" | "tcp" | "tls";
}

const allow = (rule: Partial<AuthorizationRule>): readonly AuthorizationPolicy[] => [
  authorizationPolicy("p", "ALLOW", rule),
];
const claim = (path: readonly string[], ...texts: readonly string[]): readonly AuthorizationPolicy[] =>
  allow({ when: [{ claim: path, values: values(...texts), notValues: [] }] });
const peer = (...rules: readonly Partial<AuthorizationRule>[]): Subject => ({
  policies: [authorizationPolicy("p", "ALLOW", ...rules)],
  kind: "https",
});

/** For each namespace of a rule a path, and whether the client's is such a one. */
const STARS = [
  ["s*p", true],
  ["sh*op", true],
  ["*op", true],
  ["sho*op", false],
  ["b*p", false],
  ["s*k", false],
] as const;
const starred = STARS.map(([text], index) => ({
  from: [{ namespaces: namespaces(text) }],
  to: [operation({ paths: values(`/star/${index}/no`) })],
}));

const SUBJECTS = {
  principal: peer({ from: [{ principals: values("cluster.local/ns/shop/sa/cart") }] }),
  namespace: peer({ from: [{ namespaces: values("shop"), serviceAccounts: values("shop/cart") }] }),
  otherNamespace: peer({ from: [{ namespaces: values("bank") }] }),
  anyone: peer({ from: [{ principals: values("*") }] }),
  sni: peer({ when: [{ attribute: "connection.sni", values: values("orders.test"), notValues: [] }] }),
  text: { policies: claim(["role"], "admin"), kind: "http" },
  list: { policies: claim(["groups"], "staff"), kind: "http" },
  nested: { policies: claim(["deep", "groups"], "a*"), kind: "http" },
  wrong: { policies: claim(["groups"], "sta", "staffs"), kind: "http" },
  map: { policies: claim(["deep"], "groups"), kind: "http" },
  token: {
    policies: allow({ from: [{ requestPrincipals: [{ kind: "exact", value: "https://issuer.test\u0001ada" }] }] }),
    kind: "http",
  },
  direct: { policies: allow({ from: [{ ipBlocks: blocks("127.0.0.0/8") }] }), kind: "http" },
  forwarded: { policies: allow({ from: [{ remoteIpBlocks: blocks("10.1.0.0/16") }] }), kind: "http" },
  destination: {
    policies: allow({ when: [{ attribute: "destination.ip", values: blocks("127.0.0.1/32"), notValues: [] }] }),
    kind: "http",
  },
  dryRun: {
    policies: [
      { ...authorizationPolicy("try", "DENY", { to: [operation({ paths: values("/bad") })] }), dryRun: true },
      { ...authorizationPolicy("trial", "ALLOW", { to: [operation({ paths: values("/good") })] }), dryRun: true },
      authorizationPolicy("watch", "AUDIT", { to: [operation({ paths: values("/good") })] }),
    ],
    kind: "http",
  },
  explain: {
    policies: [authorizationPolicy("no", "DENY", { to: [operation({ paths: values("/bad") })] })],
    options: { explain: { header: "x-why", principals: values("cluster.local/ns/shop/sa/cart") } },
    kind: "https",
  },
  custom: {
    policies: [
      { ...authorizationPolicy("ask", "CUSTOM", { to: [operation({ paths: values("/ask*") })] }), provider: "opa" },
    ],
    options: { providers: new Set(["opa"]) },
    kind: "http",
  },
  starred: peer(...starred),
  starredInEnvoy: {
    policies: [{ ...authorizationPolicy("stars", "CUSTOM", ...starred), provider: "opa" }],
    options: { providers: new Set(["opa"]) },
    kind: "https",
  },
  tcpOpen: { policies: allow({ from: [{ ipBlocks: blocks("127.0.0.0/8") }] }), kind: "tcp" },
  tcpHttpOnly: { policies: allow({ to: [operation({ methods: values("GET") })] }), kind: "tcp" },
  tcpWider: {
    policies: [authorizationPolicy("d", "DENY", { to: [operation({ methods: values("GET") })] })],
    kind: "tcp",
  },
  tlsPeer: { policies: allow({ from: [{ principals: values("cluster.local/ns/shop/sa/*") }] }), kind: "tls" },
} as const satisfies Record<string, Subject>;
type SubjectName = keyof typeof SUBJECTS;
const names = Object.keys(SUBJECTS) as SubjectName[]; // Its own keys.
const portOf = (name: SubjectName): number => FIRST_PORT + names.indexOf(name);

let folder: string;
let echo: Server;
let envoy: RunningEnvoy | undefined;
let agent: Agent;
/** The paths that the provider of CUSTOM policies was asked about. */
const asked: string[] = [];
const provider = createHttpServer(({ url = "" }, answer) => {
  asked.push(url);
  answer.writeHead(url.endsWith("/no") ? 403 : 200).end();
});

beforeAll(async () => {
  const found = await findEnvoy({ log: () => {} });
  if (found.kind !== "binary") {
    if (process.env["CI"] === "true") throw new Error("no Envoy to test with");
    return;
  }
  await buildModules();
  folder = mkdtempSync(join(tmpdir(), "sluice-authz-"));
  const issue = certificateAuthority(folder);
  issue("server", "DNS:orders.test");
  issue("client", `URI:${CLIENT}`);
  agent = new Agent({ ...clientCertificate(), rejectUnauthorized: false, servername: "orders.test" });
  echo = createServer((socket) => socket.pipe(socket).on("error", () => {}));
  await new Promise<void>((resolve) => {
    echo.listen(0, "127.0.0.1", resolve);
  });
  await new Promise<void>((resolve) => {
    provider.listen(0, "127.0.0.1", resolve);
  });
  envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(),
    logFile: join(folder, "envoy.log"),
    ready: { listeners: names },
  });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  agent?.destroy();
  echo?.close();
  provider.closeAllConnections();
  provider.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe("facts as a real Envoy tells them", () => {
  test.each<[SubjectName, number, Readonly<Record<string, string>>]>([
    ["principal", 200, {}],
    ["namespace", 200, {}],
    ["otherNamespace", 403, {}],
    ["anyone", 200, {}],
    ["sni", 200, {}],
    ["text", 200, {}],
    ["list", 200, {}],
    ["nested", 200, {}],
    ["wrong", 403, {}],
    ["map", 403, {}],
    ["token", 200, {}],
    ["direct", 200, {}],
    ["direct", 200, { "x-forwarded-for": "10.1.2.3" }],
    ["forwarded", 403, {}],
    ["forwarded", 200, { "x-forwarded-for": "10.1.2.3" }],
    ["destination", 200, {}],
  ])("%s: %d %o", async (name, status, headers) => {
    if (envoy === undefined) return;
    expect((await get(name, "/", headers)).statusCode).toBe(status);
  });

  test("a peer without a certificate is nobody", async () => {
    if (envoy === undefined) return;
    const nobody = new Agent({ rejectUnauthorized: false });
    expect((await get("anyone", "/", {}, nobody)).statusCode).toBe(403);
    nobody.destroy();
  });
});

test("policies on trial count and log, and let pass", async () => {
  if (envoy === undefined) return;
  for (const path of ["/good", "/bad", "/bad"]) expect((await get("dryRun", path)).statusCode).toBe(200);
  const stats = await envoy.admin.get("/stats?filter=wasmcustom");
  expect(stats).toMatch(/istio_dry_run_deny_shadow_denied: 2/);
  expect(stats).toMatch(/istio_dry_run_deny_shadow_allowed: 1/);
  expect(stats).toMatch(/istio_dry_run_allow_shadow_denied: 2/);
  expect(stats).toMatch(/authorization_audit_matched: 1/);
});

test("a decision is explained to whom it may be", async () => {
  if (envoy === undefined) return;
  const told = await get("explain", "/bad", { "x-why": "1" });
  expect(told.statusCode).toBe(403);
  expect(told.headers).toMatchObject({
    "x-sluice-authz-decision": "denied",
    "x-sluice-authz-rule": "ns[bookinfo]-policy[no]-rule[0]",
  });
  expect((await get("explain", "/bad")).headers).not.toHaveProperty("x-sluice-authz-rule");
  const nobody = new Agent({ rejectUnauthorized: false });
  expect((await get("explain", "/bad", { "x-why": "1" }, nobody)).headers).not.toHaveProperty("x-sluice-authz-rule");
  nobody.destroy();
});

test("CUSTOM: its provider is asked about what its rules match, and about nothing else", async () => {
  if (envoy === undefined) return;
  expect((await get("custom", "/ask/no")).statusCode).toBe(403);
  expect((await get("custom", "/ask/yes")).statusCode).toBe(200);
  expect(asked).toEqual(["/ask/no", "/ask/yes"]);
  expect((await get("custom", "/no")).statusCode).toBe(200);
  expect(asked).toHaveLength(2);
});

test.each(STARS.map(([text, holds], index) => [text, holds, `/star/${index}/no`] as const))(
  "a star inside a namespace, %s: %s, for the filter and for Envoy's own",
  async (_, holds, path) => {
    if (envoy === undefined) return;
    expect((await get("starred", path)).statusCode).toBe(holds ? 200 : 403);
    // Its own filter marks what it matches; the provider, which is asked about that, says no.
    expect((await get("starredInEnvoy", path)).statusCode).toBe(holds ? 403 : 200);
  },
);

test.each<[SubjectName, string, string]>([
  ["tcpOpen", "its peer's address is allowed", "hello"],
  ["tcpHttpOnly", "a rule about HTTP allows nothing", ""],
  ["tcpWider", "what is left of a DENY rule denies everything", ""],
  ["tlsPeer", "its peer's certificate is allowed", "hello"],
])("a connection, %s: %s", async (name, _, expected) => {
  if (envoy === undefined) return;
  expect(await exchange(name, true)).toBe(expected);
});

test("a connection without a certificate is closed with its first data", async () => {
  if (envoy === undefined) return;
  expect(await exchange("tlsPeer", false)).toBe("");
});

function get(
  name: SubjectName,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  by: Agent = agent,
): Promise<IncomingMessage> {
  const options = { host: "127.0.0.1", port: portOf(name), path, headers: { host: "orders.test", ...headers } };
  return new Promise((resolve, reject) => {
    const done = (answer: IncomingMessage): void => {
      answer.resume();
      resolve(answer);
    };
    const isTls = SUBJECTS[name].kind === "https";
    const request = isTls ? tlsRequest({ ...options, agent: by }, done) : plainRequest(options, done);
    request.on("error", reject).end();
  });
}

/** What comes back for "hello" before the connection ends, or all of it. */
function exchange(name: SubjectName, withCertificate: boolean): Promise<string> {
  const to = { host: "127.0.0.1", port: portOf(name) };
  const certificate = withCertificate ? clientCertificate() : {};
  const socket =
    SUBJECTS[name].kind === "tls" ? connectTls({ ...to, ...certificate, rejectUnauthorized: false }) : connectPlain(to);
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (data) => {
      text += data.toString();
      if (text.length >= 5) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
    socket.write("hello");
  });
}

function clientCertificate(): { readonly key: Buffer; readonly cert: Buffer } {
  return { key: readFileSync(join(folder, "client.key")), cert: readFileSync(join(folder, "client.crt")) };
}

function cluster(name: string, server: Server): object {
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return { name, load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] } };
}

function bootstrap(): object {
  const address = (port: number): object => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  return {
    static_resources: {
      listeners: names.map((name) => {
        const subject: Subject = SUBJECTS[name];
        const isTcp = subject.kind === "tcp" || subject.kind === "tls";
        const program = compileAuthorization(subject.policies, {
          ...subject.options,
          protocol: isTcp ? "tcp" : "http",
        });
        const chain = {
          filters: [directPeer, ...(isTcp ? tcpFilters(program) : [httpManager(name, subject, program)])],
        };
        const isTls = subject.kind === "https" || subject.kind === "tls";
        return {
          name,
          address: address(portOf(name)),
          listener_filters: isTls ? [tlsInspector] : [],
          filter_chains: [isTls ? { ...chain, transport_socket: tls() } : chain],
        };
      }),
      clusters: [cluster("echo", echo), cluster("opa", provider)],
    },
  };
}

/** Only it tells the name that a client asks for. */
const tlsInspector = {
  name: "tls-inspector",
  typed_config: { "@type": type("filters.listener.tls_inspector.v3.TlsInspector") },
};

/** Writes down the peer's own address before forwarding headers hide it. */
const directPeer = {
  name: "direct-peer",
  typed_config: {
    "@type": type("filters.network.set_filter_state.v3.Config"),
    on_new_connection: [
      {
        object_key: "sluice.direct_peer",
        factory_key: "envoy.string",
        format_string: { text_format_source: { inline_string: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%" } },
      },
    ],
  },
};

/** What native jwt_authn leaves behind for a token that it has checked. */
const token = {
  name: "token",
  typed_config: {
    "@type": type("filters.http.set_metadata.v3.Config"),
    metadata: [
      {
        metadata_namespace: "envoy.filters.http.jwt_authn",
        value: {
          payload: {
            iss: "https://issuer.test",
            sub: "ada",
            role: "admin",
            groups: ["staff", "users"],
            deep: { groups: ["admins"] },
          },
        },
      },
    ],
  },
};

/** The filters that ask the providers of CUSTOM policies. */
function customFilters({ policies, options }: Subject): readonly object[] {
  return customAuthorizations(policies, options?.providers ?? new Set()).flatMap((custom) => {
    const server = { uri: "http://opa", cluster: custom.provider, timeout: "5s" };
    const ask = { http_service: { server_uri: server }, filter_enabled_metadata: custom.enabledBy };
    return [
      { name: "custom-rbac", typed_config: { "@type": type("filters.http.rbac.v3.RBAC"), ...custom.marker } },
      { name: "custom-ext-authz", typed_config: { "@type": type("filters.http.ext_authz.v3.ExtAuthz"), ...ask } },
    ];
  });
}

function httpManager(name: string, subject: Subject, program: Uint8Array | undefined): object {
  const router = { name: "router", typed_config: { "@type": type("filters.http.router.v3.Router") } };
  const route = { match: { prefix: "/" }, direct_response: { status: 200 } };
  return {
    name: "http",
    typed_config: {
      "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
      stat_prefix: name,
      route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] },
      http_filters: [...customFilters(subject), token, filter("authorization", program), router],
    },
  };
}

function tcpFilters(program: Uint8Array | undefined): readonly object[] {
  const http = filter("authorization", program) as { readonly typed_config: { readonly config: object } }; // As it is made.
  const config = { "@type": type("filters.network.wasm.v3.Wasm"), config: http.typed_config.config };
  const proxy = { "@type": type("filters.network.tcp_proxy.v3.TcpProxy"), stat_prefix: "tcp", cluster: "echo" };
  return [
    { name: "sluice.authorization", typed_config: config },
    { name: "tcp", typed_config: proxy },
  ];
}

function tls(): object {
  const file = (name: string): object => ({ filename: join(folder, name) });
  return {
    name: "tls",
    typed_config: {
      "@type": type("transport_sockets.tls.v3.DownstreamTlsContext"),
      common_tls_context: {
        tls_certificates: [{ certificate_chain: file("server.crt"), private_key: file("server.key") }],
        validation_context: { trusted_ca: file("ca.crt") },
      },
    },
  };
}
