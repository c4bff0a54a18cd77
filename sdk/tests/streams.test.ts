import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { UNNAMED_STATUS, load, request, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";

let bytes: Uint8Array;
let host: Harness;

beforeAll(async () => {
  bytes = await fixtureBytes("probe");
}, 120_000);

function start(): Harness {
  host = load(bytes);
  expect(startPlugin(host, 1, "first")).toBe(true);
  return host;
}

function run(command: string, ...headers: [string, string][]): Record<string, string> {
  return request(host, 2, 1, [["x-do", command], ...headers]);
}

function i64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64LE(value);
  return buffer;
}

describe("what a stream's callbacks can do", () => {
  it.each([
    ["ASCII", "plain"],
    ["bytes that are not UTF-8", "\xff\xfe\x80 caf\xe9"],
    ["an empty value", ""],
    ["a long value", "x".repeat(50_000)],
  ])("gives back a header of %s unchanged", (_case, value) => {
    start();
    expect(run("echo", ["x-value", value])["x-result"]).toBe(value);
  });

  it.each<[string, Buffer | undefined, string]>([
    ["a number", i64(-5n), "-5"],
    ["nothing there", undefined, "-1"],
    ["4 bytes", Buffer.from([1, 0, 0, 0]), "-1"],
    ["9 bytes", Buffer.alloc(9), "-1"],
    ["an empty value", Buffer.alloc(0), "-1"],
  ])("reads a numeric property: %s", (_case, value, expected) => {
    start();
    if (value) host.properties.set("request\0duration", value);
    expect(run("number")["x-result"]).toBe(expected);
  });

  it.each<[string, Record<string, string>]>([
    ["echo", {}],
    ["flag", { "x-result": "1" }],
    ["slices", { "x-result": "right" }],
    ["arguments", { "x-result": "11" }],
    ["status", { "x-result": String(UNNAMED_STATUS) }],
    ["last-status", { "x-result": "1" }],
    ["now", { "x-result": "1700000000000000001" }],
    ["metrics", { "x-result": "2,4294967297,0" }],
    ["pairs", {}],
    ["route", {}],
  ])("%s", (command, expected) => {
    start();
    expect(run(command)).toEqual({ "x-do": command, ...expected });
  });

  it("keeps every pair of a header list, in order, duplicates too", () => {
    start();
    run("pairs", ["a", "1"], ["a", "\xff"], ["empty", ""]);
    expect(host.headers.get(0)).toEqual([
      ["x-do", "pairs"],
      ["a", "1"],
      ["a", "\xff"],
      ["empty", ""],
    ]);
  });

  it("sends a local response, with and without headers", () => {
    start();
    run("local");
    expect(host.localResponse).toEqual({ status: 403, details: "why", body: "no", headers: 0, grpc: -1 });
    run("local-headers");
    expect(host.localResponse).toMatchObject({ status: 401, body: "", headers: 4 + 8 + 14, grpc: 16 });
  });

  it("logs only what the host takes, and asks for its level once", () => {
    start();
    host.calls.length = 0;
    expect(run("logs")["x-result"]).toBe("1");
    run("logs");
    expect(host.logs).toEqual(["3 wörds", "4 x-do", "3 wörds", "4 x-do"]);
    expect(host.calls.filter((call) => call === "get_log_level")).toHaveLength(1);
  });

  it("makes random numbers from one seed of the host", () => {
    start();
    host.calls.length = 0;
    const [first, second] = (run("random")["x-result"] ?? "").split(",");
    const [third] = (run("random")["x-result"] ?? "").split(",");
    expect(new Set([first, second, third]).size).toBe(3);
    expect(host.calls.filter((call) => call === "random_get")).toHaveLength(1);
  });

  it("changes a body", () => {
    start();
    host.body = Buffer.from("body");
    host.exports["proxy_on_context_create"]?.(9, 1);
    expect(host.exports["proxy_on_request_body"]?.(9, 4, 1)).toBe(0);
    expect(host.body.toString()).toBe("");
  });

  it("resumes a stream from a tick", () => {
    start();
    host.headers.set(0, [["x-do", "wait"]]);
    host.exports["proxy_on_context_create"]?.(7, 1);
    expect(host.exports["proxy_on_request_headers"]?.(7, 1, 1)).toBe(1);
    host.calls.length = 0;
    host.exports["proxy_on_tick"]?.(1);
    expect(host.calls).toEqual(["set_effective_context", "continue_stream"]);
  });
});

/** How often the stream's object says that it was used. */
function used(id: number): string | undefined {
  host.headers.set(0, [["x-do", "used"]]);
  host.exports["proxy_on_request_headers"]?.(id, 1, 1);
  return new Map(host.headers.get(0)).get("x-result");
}

describe("the life of plugins and streams", () => {
  it("has several plugins in one VM; a stream stays with its own", () => {
    start();
    startPlugin(host, 10, "second");
    expect(run("generation")["x-result"]).toBe("first");
    expect(request(host, 3, 10, [["x-do", "generation"]])["x-result"]).toBe("second");
    expect(host.exports["proxy_on_delete"]?.(1)).toBeUndefined();
    expect(request(host, 4, 10, [["x-do", "generation"]])["x-result"]).toBe("second");
    expect(run("generation")["x-result"]).toBeUndefined();
  });

  it("refuses a configuration", () => {
    start();
    expect(startPlugin(host, 10, "refuse")).toBe(false);
  });

  it("resets an object before it serves another stream", () => {
    start();
    expect(run("used")["x-result"]).toBe("1");
    expect(run("used")["x-result"]).toBe("1");
  });

  it.each([0, 5, 999, 0xffff_ffff])("answers callbacks of the unknown context %s with go on", (id) => {
    start();
    for (const [name, callback] of Object.entries(host.exports)) {
      if (!name.startsWith("proxy_on_") || name === "proxy_on_memory_allocate") continue;
      expect([0, 1, undefined]).toContain(callback(id, 999, 0));
    }
    expect(run("used")["x-result"]).toBe("1");
  });

  it("finds each of many streams, ended in another order", () => {
    start();
    const ids = Array.from({ length: 3000 }, (_, index) => index * 7 + 2);
    for (const id of ids) host.exports["proxy_on_context_create"]?.(id, 1);
    for (const id of ids.filter((_, index) => index % 3 === 0)) host.exports["proxy_on_delete"]?.(id);
    for (const [index, id] of ids.entries()) expect(used(id)).toBe(index % 3 === 0 ? undefined : "1");
    for (const id of ids) host.exports["proxy_on_delete"]?.(id);
    for (const id of ids) expect(used(id)).toBeUndefined();
  });
});
