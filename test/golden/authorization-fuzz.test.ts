import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createHost } from "@sluice/host";
import type { Plugin } from "@sluice/host";
import { compileAuthorization } from "../../controlplane/src/policy/authorization.ts";
import { checksum } from "../../controlplane/src/policy/format.ts";
import { policies } from "./arbitraries.ts";
import { authorizationPolicy, operation, values } from "./models.ts";
import { buildModules } from "./real-envoy.ts";

/** More on demand: SLUICE_RUNS=1000000. */
const REQUESTS = Number(process.env["SLUICE_RUNS"] ?? 10_000);
const PER_PROGRAM = 100;
const PAGE = 65_536;

let wasm: Uint8Array<ArrayBuffer>;
/** Memories of the modules that were started: the host keeps its own to itself. */
const memories: WebAssembly.Memory[] = [];

beforeAll(async () => {
  await buildModules();
  wasm = new Uint8Array(readFileSync(join(import.meta.dirname, "..", "..", ".build", "filters", "authorization.wasm")));
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      const { memory } = this.exports;
      if (memory instanceof WebAssembly.Memory) memories.push(memory);
    }
  };
  return () => {
    WebAssembly.Instance = Instance;
  };
}, 120_000);

const text = fc.oneof(
  fc.string({ maxLength: 40, unit: "binary" }),
  fc.constantFrom(
    "",
    "/",
    "GET",
    "a.test",
    "/a/b/c",
    "x".repeat(9000),
    "/a".repeat(4000),
    "%2f..//\u0000?#",
    "/{**}/{*}",
  ),
);
const name = fc.oneof(
  fc.constantFrom(":method", ":path", ":authority", "x-user", "x-user", "x-role", "host"),
  fc.string({ minLength: 1, maxLength: 12 }),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .constantFrom(
      "",
      "spiffe://",
      "spiffe:///ns//",
      "spiffe://a/ns/b/sa/",
      "spiffe://t/ns/shop/sa/cart",
      "10.0.0.1:9",
      "[::1",
      "[1:2:3:4:5:6:7:8:9]:1",
      "1.2.3.4.5",
      "::ffff:1.2.3.4",
    )
    .map((one) => new TextEncoder().encode(one)),
  fc.constantFrom(Uint8Array.of(1, 0, 0, 0), Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0), new Uint8Array(12)),
);
const member = { iss: bytes, sub: bytes, aud: bytes, azp: bytes, roles: bytes, deep: fc.record({ roles: bytes }) };
const properties = fc.record({
  source: fc.record({ address: bytes }),
  destination: fc.record({ address: bytes, port: fc.oneof(fc.bigInt(), bytes) }),
  connection: fc.record({ uri_san_peer_certificate: bytes, requested_server_name: bytes, mtls: fc.boolean() }),
  xds: fc.record({ cluster_name: bytes }),
  filter_state: fc.record({ "sluice.direct_peer": bytes }),
  metadata: fc.record({
    filter_metadata: fc.record({
      "envoy.filters.http.jwt_authn": fc.record({ payload: fc.record(member) }),
      "envoy.filters.http.test": fc.record({ k: bytes }),
    }),
  }),
});
const hostile = fc.record({ requestHeaders: fc.array(fc.tuple(name, text), { maxLength: 12 }), properties });

/** Programs as they are, and some that are damaged and sealed again. */
const program = fc
  .tuple(policies, fc.array(fc.record({ at: fc.nat(), value: fc.nat(300) }), { maxLength: 2 }), fc.boolean())
  .map(([input, edits, isDamaged]) => {
    const made = compileAuthorization(input, { explain: { header: "x-role", principals: [{ kind: "present" }] } });
    const damaged = Uint8Array.from(made ?? []);
    if (!isDamaged || damaged.length < 40) return damaged;
    const view = new DataView(damaged.buffer);
    for (const { at, value } of edits)
      view.setUint32(16 + (at % (Math.floor(damaged.length / 4) - 5)) * 4, value, true);
    view.setUint32(12, checksum(damaged.subarray(16)), true);
    return damaged;
  });

test(`${REQUESTS} hostile requests under any program: an answer or none, no trap, flat memory`, { timeout: 0 }, () => {
  let served = 0;
  fc.assert(
    fc.property(program, fc.array(hostile, { minLength: 10, maxLength: 10 }), (configuration, requests) => {
      memories.length = 0;
      const plugin = createHost().load(wasm, { configuration });
      expect(plugin.trap).toBeUndefined();
      if (plugin.problem !== undefined) return;
      for (const one of requests) ask(plugin, one);
      const before = pages();
      for (let round = 1; round < PER_PROGRAM / requests.length; round += 1)
        for (const one of requests) ask(plugin, one);
      // What is said of a request in the log is garbage, which is collected when some pages of it have come together.
      expect(pages()).toBeLessThanOrEqual(before + 3);
      served += PER_PROGRAM;
    }),
    { numRuns: REQUESTS / PER_PROGRAM, endOnFailure: true },
  );
  expect(served).toBeGreaterThan(REQUESTS / 2);
});

test("memory stays as it is over 20,000 requests, each of which is logged", () => {
  memories.length = 0;
  const rule = { to: [operation({ paths: values("/a*", "/{*}/b"), hosts: values("*.test") })] };
  const input = [authorizationPolicy("p", "AUDIT", rule), authorizationPolicy("q", "DENY", rule)];
  const plugin = createHost({ logLevel: 2 }).load(wasm, {
    configuration: compileAuthorization(input) ?? new Uint8Array(),
  });
  const requestHeaders = [
    [":method", "GET"],
    [":path", `/a?${"x".repeat(500)}`],
    [":authority", "A.Test"],
  ] as const;
  for (let index = 0; index < 5000; index += 1) ask(plugin, { requestHeaders });
  const before = pages();
  for (let index = 5000; index < 20_000; index += 1) ask(plugin, { requestHeaders });
  expect(pages()).toBe(before);
});

/** Memory of all modules that were started. */
function pages(): number {
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength / PAGE, 0);
}

test.each<[name: string, edit: (program: Uint8Array) => Uint8Array, reason: string]>([
  ["truncated", (sound) => sound.slice(0, -4), "its length is not the one it states"],
  ["damaged", (sound) => sound.with(40, 77), "its checksum does not match its bytes"],
  ["of a newer version", (sound) => sound.with(6, 3), "its format version is not the one this filter reads"],
])("a program that is %s is refused, and the log says why", (_, edit, reason) => {
  const configuration = edit(compileAuthorization([authorizationPolicy("p", "ALLOW", {})]) ?? new Uint8Array());
  const host = createHost();
  expect(host.load(wasm, { configuration: Uint8Array.from(configuration) }).problem).toMatch(/configure/);
  expect(host.logs.map(({ message }) => message)).toContain(`sluice.authorization: program refused, ${reason}`);
});

function ask(plugin: Plugin, options: Parameters<Plugin["stream"]>[0]): void {
  const stream = plugin.stream(options);
  const { localReply } = stream.requestHeaders();
  if (plugin.trap !== undefined) expect(plugin.trap).toBeUndefined();
  if (localReply !== undefined && localReply.status !== 403) expect(localReply.status).toBe(403);
  stream.complete();
  const connection = plugin.connection(options?.properties ? { properties: options.properties } : {});
  connection.open();
  if (!connection.closed) connection.downstream("hello");
  if (plugin.trap !== undefined) expect(plugin.trap).toBeUndefined();
  connection.complete();
}
