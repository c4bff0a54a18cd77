import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import { afterAll, beforeAll, expect, test } from "vitest";
import { create, fromJson, toJson } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { RouteMatchSchema } from "../../controlplane/gen/envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "../../controlplane/gen/envoy/config/route/v3/route_pb.js";
import type { RouteConfiguration } from "../../controlplane/gen/envoy/config/route/v3/route_pb.js";
import { mismatch } from "../../controlplane/src/explain/match-route.ts";
import { routedRequest } from "../../controlplane/src/explain/request.ts";
import { chooseVirtualHost } from "../../controlplane/src/explain/virtual-host.ts";
import type { HttpMatch, StringMatch } from "../../controlplane/src/model/types.ts";
import { httpMatch } from "../../controlplane/src/translate/mesh-fixture.ts";
import { routeMatch } from "../../controlplane/src/translate/route-match.ts";
import { envoyIfAny } from "../../host/src/fixtures/real-envoy.ts";

// `sluice explain` says which route takes a request; here a real Envoy has to agree, for many routes and many requests.

const word = fc.constantFrom("", "a", "b", "ab", "a/b", "A", "a.b", "%61", "a%2Fb", "1");
const pathText = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => `/${words.join("/")}`);
const regex = fc.constantFrom("/a.*", "/[ab]+", ".*b", "/(a|b)/.+", "/a\\.b", "[^/]*", "/\\w+/?", "(?i)/A");
const value = fc.constantFrom("x", "xy", "y", "X", "x,y", "");
const stringMatch = (text: fc.Arbitrary<string>, regexes: fc.Arbitrary<string>): fc.Arbitrary<StringMatch> =>
  fc.oneof(
    text.map((exact) => ({ exact })),
    text.map((prefix) => ({ prefix })),
    regexes.map((one) => ({ regex: one })),
  );
const valueMatch: fc.Arbitrary<StringMatch> = fc.oneof(
  stringMatch(
    value.filter((text) => text !== ""),
    fc.constantFrom("x.*", "[xy]", ".*", "x,?y"),
  ),
  fc.constant({ present: true as const }),
);
const named = fc.dictionary(fc.constantFrom("x-one", "x-two"), valueMatch, { maxKeys: 2 });
const httpMatches: fc.Arbitrary<HttpMatch> = fc
  .record(
    {
      uri: stringMatch(pathText, regex),
      ignoreUriCase: fc.boolean(),
      method: stringMatch(fc.constantFrom("GET", "POST"), fc.constant("P.*")),
      authority: stringMatch(fc.constantFrom("h1.test", "H1.test"), fc.constant("h[0-9]+\\.test")),
      headers: named,
      withoutHeaders: named,
      queryParams: fc.dictionary(fc.constantFrom("q", "r"), valueMatch, { maxKeys: 1 }),
    },
    { requiredKeys: [] },
  )
  .map((fields) => httpMatch(fields));

const DOMAINS = [
  "exact.test",
  "exact.test:99",
  "*.wild.test",
  "*.more.wild.test",
  "*-dash.test",
  "wild.*",
  "wild.more.*",
  "*",
];

/** One virtual host for each of many lists of matches, and those whose domains overlap; routes answer with their own place. */
function configuration(lists: readonly (readonly HttpMatch[])[]): JsonObject {
  const answer = (place: string) => ({ direct_response: { status: 200, body: { inline_string: place } } });
  const hosts = lists.map((matches, host) => ({
    name: `h${host}`,
    domains: [`h${host}.test`],
    routes: matches.map((match, index) => ({
      match: toJson(RouteMatchSchema, routeMatch(match), { useProtoFieldName: true }),
      ...answer(`h${host} ${index}`),
    })),
  }));
  const domains = DOMAINS.map((domain, index) => ({
    name: `d${index}`,
    domains: [domain],
    routes: [{ match: { prefix: "/" }, ...answer(`d${index} 0`) }],
  }));
  return { name: "test", virtual_hosts: [...hosts, ...domains] };
}

function bootstrap(routes: JsonObject): object {
  const type = "type.googleapis.com/envoy.extensions.filters";
  const manager = {
    "@type": `${type}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "test",
    normalize_path: true,
    route_config: routes,
    http_filters: [{ name: "router", typed_config: { "@type": `${type}.http.router.v3.Router` } }],
  };
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  return {
    static_resources: {
      listeners: [{ name: "test", address, filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }] }],
    },
  };
}

interface Sent {
  readonly method: string;
  readonly authority: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** What our evaluator says: the place of the route, or 404. */
function ours(routes: RouteConfiguration, sent: Sent): string {
  const seen = routedRequest({ ...sent, scheme: "http" }, "BASE");
  const host = chooseVirtualHost(routes, seen.authority)?.virtualHost;
  const index = host?.routes.findIndex(({ match }) => mismatch(match, seen) === undefined) ?? -1;
  return index < 0 ? "404" : `${host?.name} ${index}`;
}

function envoys(port: number, { method, authority, target, headers }: Sent): Promise<string> {
  return new Promise((resolve, reject) => {
    // Flat, so that Node sends each header as it stands, also the same one twice.
    const flat = ["host", authority, ...headers.flat()];
    const call = request({ host: "127.0.0.1", port, method, path: target, headers: flat }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve(answer.statusCode === 200 ? Buffer.concat(chunks).toString() : String(answer.statusCode)),
      );
    });
    call.on("error", reject);
    call.end();
  });
}

const SEED = 20_261_121;
const lists = fc.sample(fc.array(httpMatches, { minLength: 1, maxLength: 5 }), { numRuns: 40, seed: SEED });
const json = configuration(lists);
const routes = fromJson(RouteConfigurationSchema, json);
let envoy: RunningEnvoy | undefined;
let port = 0;
const folder = mkdtempSync(join(tmpdir(), "sluice-explain-"));

beforeAll(async () => {
  const found = await envoyIfAny();
  if (found === undefined) return;
  envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(json),
    logFile: join(folder, "envoy.log"),
    ready: { listeners: ["test"] },
  });
  port = (await envoy.admin.listeners()).find(({ name }) => name === "test")?.port ?? 0;
}, 60_000);

afterAll(async () => {
  await envoy?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const query = fc.constantFrom("", "?q=x", "?q=y&q=x", "?r=x", "?q", "?q=%78", "?Q=x", "?q=x,y", "?");
const dots = fc.constantFrom("", "", "/..", "/./a", "/../a", "\\a", "//a", "/%2e%2e/b", "/%7E");
const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT"),
  authority: fc
    .nat(lists.length - 1)
    .chain((host) => fc.constantFrom(`h${host}.test`, `h${host}.test`, `H${host}.test`)),
  target: fc.tuple(pathText, dots, query).map((parts) => parts.join("")),
  headers: fc.array(fc.tuple(fc.constantFrom("x-one", "x-two", "X-One"), value), { maxLength: 3 }),
});

test("a real Envoy chooses the route that we say (property)", async ({ skip }) => {
  if (envoy === undefined) skip();
  await fc.assert(
    fc.asyncProperty(sent, async (one) => {
      expect(await envoys(port, one)).toBe(ours(routes, one));
    }),
    { numRuns: 600, seed: SEED },
  );
});

test.each([
  "exact.test",
  "EXACT.test",
  "exact.test:99",
  "exact.test:98",
  "a.wild.test",
  "a.more.wild.test",
  ".wild.test",
  "wild.test",
  "wild.more.test",
  "wild.",
  "x-dash.test",
  "-dash.test",
  "other",
])("a real Envoy chooses the virtual host that we say: %s", async (authority) => {
  if (envoy === undefined) return;
  const one: Sent = { method: "GET", authority, target: "/", headers: [] };
  expect(await envoys(port, one)).toBe(ours(routes, one));
});

test("the evaluator understands every part that our matches are made of", () => {
  const none = create(RouteMatchSchema, {});
  expect(mismatch(none, routedRequest({ ...EMPTY }, "BASE"))).toMatch(/not known/);
});

const EMPTY = { method: "GET", scheme: "http", authority: "", target: "/", headers: [] };
