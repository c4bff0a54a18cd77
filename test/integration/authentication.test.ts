import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildModules } from "../golden/real-envoy.ts";
import { certificateAuthority } from "../kit/openssl-authority.ts";
import { eventually } from "../kit/eventually.ts";
import { call, type Answer } from "../kit/http.ts";
import { startLoad } from "../kit/load.ts";
import { istioObject, securityObject } from "../kit/mesh-yaml.ts";
import { echo, freePort, listening, portOf, SmallMesh } from "../kit/small-mesh.ts";
import { issuer } from "../kit/tokens.ts";

// Tokens and what is decided by them, as a client of a real Envoy sees it.

const ADDRESS = "127.0.77.1";
const main = issuer("https://main.test");
const other = issuer("https://other.test");
const secure = issuer("https://secure.test");
const stranger = issuer("https://stranger.test");

const HEADERS = '[{ name: x-token, prefix: "Token " }, { name: authorization, prefix: "Bearer " }]';

let program: Server;
let keys: Server;
let secureKeys: SecureServer;
let folder: string;
let gatewayPort: number;
let mesh: SmallMesh | undefined;
/** The keys that the key server hands out; it answers 500 while there are none. */
let served: string | undefined = other.jwks;

const services = (): string =>
  [
    istioObject(
      "WorkloadEntry",
      "orders",
      `address: ${ADDRESS}\nports: { http: ${portOf(program)} }\nlabels: { app: orders }\nserviceAccount: orders`,
    ),
    istioObject("WorkloadEntry", "front", `address: ${ADDRESS}\nlabels: { istio: front }`),
    istioObject(
      "ServiceEntry",
      "orders",
      "hosts: [orders.shop.svc.cluster.local]\nports: [{ number: 80, name: http, protocol: HTTP }]\nresolution: STATIC\nworkloadSelector: { labels: { app: orders } }",
    ),
    istioObject(
      "Gateway",
      "front",
      `selector: { istio: front }\nservers: [{ port: { number: ${gatewayPort}, name: http, protocol: HTTP }, hosts: ["*"] }]`,
    ),
    istioObject(
      "VirtualService",
      "orders",
      `hosts: ["*"]
gateways: [front]
http:
- match: [{ headers: { "@request.auth.claims.team": { exact: gold } } }]
  headers: { request: { set: { x-route: gold } } }
  route: [{ destination: { host: orders } }]
- match: [{ headers: { "@request.auth.claims[realm][roles]": { prefix: adm } } }]
  headers: { request: { set: { x-route: admin } } }
  route: [{ destination: { host: orders } }]
- route: [{ destination: { host: orders } }]`,
    ),
  ].join("");

const authentication = (uri: string): string =>
  securityObject(
    "RequestAuthentication",
    "orders",
    `selector: { matchLabels: { app: orders } }
jwtRules:
- issuer: ${main.name}
  audiences: [orders, billing]
  jwks: '${main.jwks}'
  fromHeaders: ${HEADERS}
  fromParams: [token]
  fromCookies: [session]
  outputPayloadToHeader: x-payload
  outputClaimToHeaders: [{ header: x-team, claim: realm.team }]
- issuer: ${other.name}
  jwksUri: ${uri}
  forwardOriginalToken: true
  spaceDelimitedClaims: [groups]
- { issuer: "${secure.name}", jwksUri: "https://localhost:${portOf(secureKeys)}/keys" }
- { issuer: "https://impostor.test", jwksUri: "https://127.0.0.1:${portOf(secureKeys)}/keys" }`,
  );

const gatewayAuthentication = securityObject(
  "RequestAuthentication",
  "front",
  `selector: { matchLabels: { istio: front } }
jwtRules:
- { issuer: "${main.name}", jwks: '${main.jwks}', forwardOriginalToken: true, fromHeaders: ${HEADERS}, fromParams: [token] }
- { issuer: "${other.name}", jwks: '${other.jwks}', forwardOriginalToken: true, fromHeaders: ${HEADERS} }
- { issuer: "${secure.name}", jwks: '${secure.jwks}', forwardOriginalToken: true }
- { issuer: "https://impostor.test", jwks: '${secure.jwks}', forwardOriginalToken: true }`,
);

const policy = (name: string, rules: string, app = "app: orders"): string =>
  securityObject("AuthorizationPolicy", name, `selector: { matchLabels: { ${app} } }\nrules:\n${rules}`);

/** Paths that ask for something of a token; all others are open. */
const rules = `- to: [{ operation: { notPaths: ["/only/*"] } }]
- from: [{ source: { requestPrincipals: ["*"] } }]
  to: [{ operation: { paths: [/only/known] } }]
- from: [{ source: { requestPrincipals: ["${other.name}/ada"] } }]
  to: [{ operation: { paths: [/only/ada] } }]
- to: [{ operation: { paths: [/only/admins] } }]
  when: [{ key: "request.auth.claims[realm][roles]", values: [admin] }]
- to: [{ operation: { paths: [/only/staff] } }]
  when: [{ key: "request.auth.claims[groups]", values: [staff] }]
- to: [{ operation: { paths: [/only/billing] } }]
  when: [{ key: request.auth.audiences, values: [billing] }]`;

beforeAll(async () => {
  await buildModules();
  program = await echo(ADDRESS);
  keys = await listening(
    createServer((_, answer) => {
      answer.writeHead(served === undefined ? 500 : 200).end(served);
    }),
  );
  folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  const pair = certificateAuthority(folder)("keys", "DNS:localhost");
  secureKeys = await listening(createSecureServer(pair, (_, answer) => answer.end(secure.jwks)));
  gatewayPort = await freePort(ADDRESS);
  mesh = await SmallMesh.start({
    translateOptions: { systemRoots: join(folder, "ca.crt") },
    files: {
      "services.yaml": services(),
      "authentication.yaml": authentication(`http://127.0.0.1:${portOf(keys)}/keys`) + gatewayAuthentication,
      "authorization.yaml": policy("orders", rules),
    },
  });
  if (mesh) await eventually("the mesh answers", async () => (await get("/open")).status === 200, 30_000);
}, 120_000);

afterAll(async () => {
  await mesh?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
  for (const server of [program, keys, secureKeys]) {
    server?.closeAllConnections();
    server?.close();
  }
});

function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return call(`http://${ADDRESS}:${gatewayPort}${path}`, headers);
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const toOrders = { aud: "orders" };

describe("tokens at a sidecar", () => {
  test.each<[name: string, path: string, headers: () => Readonly<Record<string, string>>, status: number]>([
    ["no token where none is asked for", "/open", () => ({}), 200],
    ["no token where one is asked for", "/only/known", () => ({}), 403],
    ["a good token", "/only/known", () => bearer(main.token(toOrders)), 200],
    ["a good token in a header of its own", "/only/known", () => ({ "x-token": `Token ${main.token(toOrders)}` }), 200],
    ["a good token in the query", `/only/known?token=${main.token(toOrders)}`, () => ({}), 200],
    ["a good token in a cookie", "/only/known", () => ({ cookie: `a=b; session=${main.token(toOrders)}` }), 200],
    ["a token with a broken signature", "/open", () => bearer(`${main.token(toOrders).slice(0, -8)}AAAAAAAA`), 401],
    ["a token that has expired", "/open", () => bearer(main.token({ ...toOrders, exp: 1_000_000_000 })), 401],
    ["a token for another audience", "/open", () => bearer(main.token({ aud: "shipping" })), 403],
    ["an issuer that no rule knows", "/open", () => bearer(stranger.token()), 401],
    ["no token at all but words", "/open", () => bearer("hello"), 401],
    ["keys that Envoy has fetched", "/only/known", () => bearer(other.token()), 200],
    ["keys that Envoy has fetched over TLS", "/only/known", () => bearer(secure.token()), 200],
    [
      "keys of a server with a wrong certificate",
      "/open",
      () => bearer(secure.token({ iss: "https://impostor.test" })),
      401,
    ],
    ["the principal of another issuer", "/only/ada", () => bearer(main.token(toOrders)), 403],
    ["the principal that is asked for", "/only/ada", () => bearer(other.token()), 200],
    ["another principal", "/only/ada", () => bearer(other.token({ sub: "bob" })), 403],
    [
      "a claim in a claim",
      "/only/admins",
      () => bearer(main.token({ ...toOrders, realm: { roles: ["admin", "dev"] } })),
      200,
    ],
    [
      "a claim in a claim with other words",
      "/only/admins",
      () => bearer(main.token({ ...toOrders, realm: { roles: ["dev"] } })),
      403,
    ],
    ["a claim of several words", "/only/staff", () => bearer(other.token({ groups: "users staff" })), 200],
    ["an audience among several", "/only/billing", () => bearer(main.token({ aud: ["shop", "billing"] })), 200],
    ["an audience that is not the one", "/only/billing", () => bearer(main.token(toOrders)), 403],
  ])("%s", async (_, path, headers, status) => {
    if (mesh === undefined) return;
    const answer = await get(path, headers());
    expect(`${answer.status} ${answer.body.slice(0, 60)}`).toMatch(new RegExp(`^${status} `));
  });

  test("what the program gets of a token", async () => {
    if (mesh === undefined) return;
    const token = main.token({ ...toOrders, realm: { team: "blue" } });
    const { headers } = JSON.parse((await get("/", bearer(token))).body) as { headers: Record<string, string> };
    expect(headers["authorization"]).toBeUndefined();
    expect(headers["x-team"]).toBe("blue");
    expect(JSON.parse(Buffer.from(headers["x-payload"] ?? "", "base64url").toString())).toMatchObject(toOrders);
    const kept = JSON.parse((await get("/", bearer(other.token()))).body) as { headers: Record<string, string> };
    expect(kept.headers["authorization"]).toMatch(/^Bearer /);
  });
});

test.each([
  ["a claim", { team: "gold" }, "gold"],
  ["a claim in a claim, one of a list", { realm: { roles: ["dev", "admin"] } }, "admin"],
  ["no claim", {}, undefined],
])("a gateway's routes by %s", async (_, claims, route) => {
  if (mesh === undefined) return;
  const answer = await get("/", bearer(main.token({ ...toOrders, ...claims })));
  const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
  expect(headers["x-route"]).toBe(route);
});

test("token rules and policies come, change and go under load: no request fails, no listener changes", async () => {
  if (mesh === undefined) return;
  const { admin } = mesh.envoy("orders.shop");
  const listeners = async (): Promise<string> =>
    await admin.get("/stats?filter=listener_manager.listener_(added|modified|in_place_updated|removed)$");
  const before = await listeners();
  const loads = [main.token(toOrders), other.token()].map((token) =>
    startLoad(`http://${ADDRESS}:${gatewayPort}/only/known`, ({ status }) => status === 200, bearer(token), 2),
  );
  const uri = `http://127.0.0.1:${portOf(keys)}`;
  for (const place of ["/keys?2", "/keys?3"])
    await mesh.apply("authentication.yaml", authentication(uri + place) + gatewayAuthentication);
  // The key server by another name, and so another cluster.
  await mesh.apply(
    "authentication.yaml",
    authentication(`http://localhost:${portOf(keys)}/keys`) + gatewayAuthentication,
  );
  await mesh.apply("authorization.yaml", policy("orders", rules) + policy("more", "- {}"));
  await mesh.apply("authorization.yaml", policy("orders", rules));
  await mesh.apply("more.yaml", authentication(`${uri}/keys`).replace("name: orders", "name: more"));
  await mesh.apply("more.yaml", "");
  const reports = await Promise.all(loads.map((load) => load.stop()));
  expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
  expect(Math.min(...reports.map(({ total }) => total))).toBeGreaterThan(10);
  expect(await listeners()).toBe(before);
}, 60_000);

test("while an issuer's keys cannot be fetched, its tokens are refused, and no others", async () => {
  if (mesh === undefined) return;
  served = undefined;
  const down = authentication(`http://127.0.0.1:${portOf(keys)}/keys?down`);
  await mesh.apply("authentication.yaml", down + gatewayAuthentication);
  await eventually("the token is refused", async () => (await get("/open", bearer(other.token()))).status === 401);
  expect((await get("/only/known", bearer(main.token(toOrders)))).status).toBe(200);
  served = other.jwks;
  await eventually("the keys are there", async () => (await get("/open", bearer(other.token()))).status === 200);
});

test("without token rules nothing is checked", async () => {
  if (mesh === undefined) return;
  await mesh.apply("authentication.yaml", "");
  expect((await get("/open", bearer("hello"))).status).toBe(200);
  expect((await get("/only/known", bearer(main.token(toOrders)))).status).toBe(403);
});
