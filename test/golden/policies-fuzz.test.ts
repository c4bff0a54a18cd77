import * as fc from "fast-check";
import type { Header, Plugin } from "@sluice/host";
import { beforeAll, expect, test } from "vitest";
import {
  bundlePrograms,
  compileAuthorization,
  compileFault,
  compileHeaders,
  compileTelemetry,
} from "../../controlplane/src/policy/index.ts";
import { parseExpression } from "../../controlplane/src/model/telemetry-expression.ts";
import type { TelemetrySide } from "../../controlplane/src/policy/index.ts";
import { seal } from "../../controlplane/src/policy/program-writer.ts";
import { PolicyId } from "../../controlplane/src/policy/format.ts";
import {
  authorizationPolicy,
  faultInjection,
  headerOperations,
  headerPolicy,
  operation,
  telemetry,
  values,
} from "./models.ts";
import { loadPolicies, policiesModule } from "./policies.ts";

// Hostile requests, hostile programs: no callback traps, and the memory stays as it is.

/** How many requests: 10,000 in a run of the tests; SLUICE_FUZZ sets another number. */
const REQUESTS = Number(process.env["SLUICE_FUZZ"] ?? 10_000);

/**
 * All tables of a plugin are bounded, whatever comes after: full of the longest values they need 8 MB, and a thousand routes
 * with programs as long as these as much again.
 */
const MAX_PAGES = 320;

/** Labels that read all that a client can send, at every moment of a request. */
const TAGS: Readonly<Record<string, string>> = {
  tenant: "request.headers['x-tenant']",
  joined: "request.headers['x-tenant'] + request.path + request.headers['cookie'] + request.host",
  answer: "response.headers['x-tenant'].contains('a') ? response.headers['x-request-id'] : request.method",
  end: "response.code_details + upstream.address",
  number: "request.size > 100 ? upstream_peer.app : string(response.code)",
};

let module: Uint8Array<ArrayBuffer>;
/** Of the VM that was made last. */
let memory: WebAssembly.Memory | undefined;

beforeAll(async () => {
  module = await policiesModule();
}, 120_000);

const name = fc.oneof(
  fc.constantFrom(
    ":method",
    ":path",
    ":authority",
    "x-sluice-peer",
    "content-type",
    "x-tenant",
    "cookie",
    "set-cookie",
    "x-request-id",
  ),
  fc.string({ minLength: 1, maxLength: 12 }),
);
const value = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    "application/grpc",
    "application/grpc+x",
    ";;;;;;;;",
    "a;b;c;d;e;f;g",
    "/",
    "/admin/../x?#",
    "x".repeat(5000),
  ),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);
const headers: fc.Arbitrary<readonly Header[]> = fc.array(fc.tuple(name, value), { maxLength: 20 });
const chunks = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 });

const often = { perMillion: 300_000 };
const statuses = [{ httpStatus: 503 }, { grpcStatus: 14 }, { reset: true }] as const;
const fault = compileFault({ delay: { ...often, fixedDelayMs: 7 }, abort: { ...often, grpcStatus: 14 } }, [
  faultInjection("tenants", {
    match: [
      {
        uri: { regex: "(?:/[^/?#]*)*|.{3,9}" },
        headers: { "x-tenant": { present: true } },
        withoutHeaders: { cookie: { regex: "(?i)(a|\\w+;)*\\x{0}?.*" } },
      },
    ],
    drip: { ...often, kibPerSecond: 4 },
    truncate: { ...often, bytes: 7 },
    delay: { ...often, distribution: { kind: "exponential", meanMs: 10 } },
    abort: { ...often, statuses: statuses.map((status) => ({ weight: 1, status })), body: "{}" },
    seed: 1,
    maxActive: 5,
    attempts: 3,
  }),
  faultInjection("answers", {
    phase: "RESPONSE",
    delay: { ...often, distribution: { kind: "fixed", ms: 3 } },
    abort: {
      ...often,
      statuses: [
        { weight: 1, status: { keep: true } },
        { weight: 1, status: { reset: true } },
      ],
    },
    match: [{ headers: { cookie: { present: true } }, withoutHeaders: {} }],
    responseCodes: [
      [200, 200],
      [500, 599],
    ],
    maxPerSecond: 50,
  }),
]);
const change = { set: { "x-a": "1" }, add: { "x-b": "2" }, remove: ["cookie", "x-tenant"] };
const operations = compileHeaders(
  { request: change, response: change },
  new Map([["outbound|80||a", { request: change }]]),
  undefined,
  undefined,
  [
    headerPolicy({
      request: headerOperations({
        rename: { "x-tenant": "x-renamed" },
        set: { "x-made": [{ text: "<" }, { requestHeader: "cookie" }, { property: ["xds", "cluster_name"] }] },
        add: {
          "x-told": [
            { time: "year" },
            { time: "epoch" },
            { property: ["source", "port"], as: "number" },
            { property: ["xds", "cluster_name"], as: "host" },
          ],
        },
        default: { "content-type": [{ text: "none" }] },
        rewrite: {
          "x-made": { pattern: "(?i)(\\w*?)[;=]|(é|\\b.)*$", substitution: "\\1<\\0>\\2" },
          "x-request-id": { pattern: "a*", substitution: "" },
        },
      }),
      response: headerOperations({
        add: { "x-made": [{ responseHeader: "x-tenant" }] },
        rewrite: { "set-cookie": { pattern: "(?:a?b?c?)+;|.", substitution: "\\0\\0" } },
      }),
      cookies: [{ name: "*", attributes: { Secure: "" } }],
    }),
  ],
);
const SOUND = bundlePrograms({ fault, headers: operations }) ?? new Uint8Array();

/** A route's programs: sound, changed in some bytes and sealed again so that the checks behind are reached, or no programs. */
const routePrograms = fc.oneof(
  { weight: 4, arbitrary: fc.constant(base64(SOUND)) },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(fc.nat(SOUND.length - 17), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((edits) => base64(edited(edits))),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 80 }) },
);
const properties = fc.record({
  cluster: fc.oneof(
    fc.constantFrom("outbound|80||a", "inbound|80||a.ns.svc.x", "|||", "", "3,4", ",99999999999999999999", "1"),
    value,
  ),
  destination: fc.oneof(
    fc.constantFrom(
      "a.ns.svc.cluster.local;w;n;a;v;s;r;c",
      ";;;",
      "",
      "spiffe://",
      "spiffe:///ns//",
      "spiffe://a/ns/b/sa/c",
    ),
    value,
  ),
  policies: routePrograms,
  code: fc.nat(999),
  flags: fc.bigInt(0n, 2n ** 63n - 1n),
});
const request = fc.record({
  headers,
  answer: headers,
  body: chunks,
  answerBody: chunks,
  properties,
  // How far the stream comes before it ends.
  depth: fc.nat(4),
});
type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

test.each(["CLIENT", "SERVER"] as const)(`${REQUESTS / 2} hostile requests, as %s`, { timeout: 3_600_000 }, (side) => {
  const { host, plugin } = load(side);
  expect(plugin.problem).toBeUndefined();
  const property = fc.property(request, (one) => {
    run(plugin, one, (ms) => host.advance(ms));
    expect(plugin.trap).toBeUndefined();
  });
  fc.assert(property, { numRuns: REQUESTS / 2, endOnFailure: true });
  host.advance(1000);
  expect(plugin.nextTickNs).toBeUndefined();
  expect(memory?.buffer.byteLength).toBeLessThanOrEqual(MAX_PAGES * 65_536);
});

function load(side: TelemetrySide): ReturnType<typeof loadPolicies> {
  const Instance = WebAssembly.Instance;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, args: ConstructorParameters<typeof Instance>) => {
      const made = new target(...args);
      if (made.exports["memory"] instanceof WebAssembly.Memory) memory = made.exports["memory"];
      return made;
    },
  });
  try {
    const authorization = compileAuthorization([
      authorizationPolicy("p", "DENY", {
        to: [operation({ paths: values("/admin*", "/{*}/b/{**}"), hosts: values("*.bad") })],
      }),
      authorizationPolicy("q", "ALLOW", { to: [operation({ notMethods: values("DELETE") })] }),
    ]);
    const tags = Object.fromEntries(
      Object.entries(TAGS).map(([label, text]) => {
        const read = parseExpression(text);
        if ("message" in read) throw new Error(read.message);
        return [label, { operation: "UPSERT" as const, value: read }];
      }),
    );
    const telemetries = [telemetry({ metric: "ALL_METRICS", mode: "CLIENT_AND_SERVER", tags })];
    const counting = compileTelemetry(telemetries, side, { isTls: true, maxCombinations: 1000 });
    // Without rules: at the server routes are asked for faults only so.
    return loadPolicies(module, { fault: compileFault(undefined), authorization, telemetry: counting });
  } finally {
    WebAssembly.Instance = Instance;
  }
}

function run(plugin: Plugin, one: Request, advance: (ms: number) => void): void {
  const { cluster, destination, policies, code, flags } = one.properties;
  const stream = plugin.stream({
    requestHeaders: one.headers,
    properties: {
      xds: {
        cluster_name: cluster,
        route_metadata: { filter_metadata: { sluice: { policies } } },
        upstream_host_metadata: { filter_metadata: { sluice: { destination } } },
      },
      response: { code, flags, code_details: destination, size: flags },
      request: { size: flags },
      upstream: { address: cluster, uri_san_peer_certificate: destination, uri_san_local_certificate: cluster },
      connection: { uri_san_peer_certificate: destination, uri_san_local_certificate: cluster },
      filter_state: { "envoy.filters.http.grpc_stats": cluster },
    },
  });
  const isWhole = one.body.length === 0;
  const steps = [
    () => stream.requestHeaders({ endOfStream: isWhole }),
    () => one.body.forEach((chunk, index) => stream.requestBody(chunk, { endOfStream: index === one.body.length - 1 })),
    () => advance(one.depth * 5),
    () => stream.responseHeaders(one.answer, { endOfStream: one.answerBody.length === 0 }),
    () => one.answerBody.forEach((chunk) => stream.responseBody(chunk, { endOfStream: false })),
  ];
  for (const step of steps.slice(0, one.depth + 1)) {
    if (stream.localReply !== undefined || stream.wasReset) break;
    step();
  }
  stream.complete();
}

function edited(edits: readonly (readonly [number, number])[]): Uint8Array {
  const copy = Uint8Array.from(SOUND);
  for (const [at, byte] of edits) copy[16 + at] = byte;
  return seal(copy, PolicyId.bundle);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
