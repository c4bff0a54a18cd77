import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await fixtureBytes("probe");
}, 120_000);

function start(): Harness {
  const host = load(bytes);
  startPlugin(host, 1, "first");
  return host;
}

const pages = (host: Harness): number => host.memory.buffer.byteLength / 65_536;

describe("memory", () => {
  it("stays as it is over a million requests", () => {
    const host = start();
    for (let id = 2; id < 1000; ++id)
      request(host, id, 1, [
        ["x-do", "echo"],
        ["x-value", "v"],
      ]);
    const before = pages(host);
    for (let id = 1000; id < 1_000_000; ++id)
      request(host, id, 1, [
        ["x-do", "echo"],
        ["x-value", "v"],
      ]);
    expect(pages(host)).toBe(before);
    expect(before).toBeLessThanOrEqual(2);
  });

  it("stays as it is over 60,000 streams with a call-out and timers", async () => {
    const host = load(await fixtureBytes("whole"));
    host.logLevel = 5;
    startPlugin(host, 1, "");
    const serve = (id: number): void => {
      host.headers.set(0, [["x-do", id % 2 ? "call" : "timer"]]);
      host.exports["proxy_on_context_create"]?.(id, 1);
      host.exports["proxy_on_request_headers"]?.(id, 1, 1);
      if (id % 7) host.exports["proxy_on_http_call_response"]?.(1, host.tokens, 1, 0, 0);
      host.exports["proxy_on_delete"]?.(id);
      if (!(id % 7)) host.exports["proxy_on_http_call_response"]?.(1, host.tokens, 1, 0, 0);
      host.now += 2_000_000n;
      host.exports["proxy_on_tick"]?.(1);
    };
    for (let id = 2; id < 1000; ++id) serve(id);
    const before = pages(host);
    for (let id = 1000; id < 60_000; ++id) serve(id);
    expect(pages(host)).toBe(before);
  });

  it("stays small when each request leaves garbage on the heap", () => {
    const host = start();
    for (let id = 2; id < 20_000; ++id) expect(request(host, id, 1, [["x-do", "garbage"]])["x-result"]).toBe("0123");
    expect(pages(host)).toBeLessThanOrEqual(5);
  });

  it("gives back what a replaced configuration kept", () => {
    const host = start();
    for (let id = 10; id < 2000; ++id) {
      startPlugin(host, id, `${id},${"x".repeat(20_000)}`);
      host.exports["proxy_on_delete"]?.(id - 1);
    }
    expect(request(host, 5000, 1999, [["x-do", "generation"]])["x-result"]).toBe("1999,xxxxxxxxxxxxxxx");
    expect(pages(host)).toBeLessThanOrEqual(16);
  });

  it.each([1, 7_000, 100_000, 3_000_000])("keeps results of %s bytes apart, and gives them back", (size) => {
    const host = start();
    host.properties.set("big\0first", Buffer.alloc(size, "1"));
    host.properties.set("big\0second", Buffer.alloc(size, "2"));
    for (let id = 2; id < 20; ++id) expect(request(host, id, 1, [["x-do", "big"]])["x-result"]).toBe("whole");
    const before = pages(host);
    for (let id = 20; id < 60; ++id) expect(request(host, id, 1, [["x-do", "big"]])["x-result"]).toBe("whole");
    expect(pages(host)).toBe(before);
    expect(before * 65_536).toBeLessThan(200_000 + size * 6);
  });

  it("refuses memory that cannot be had, and goes on", () => {
    const host = start();
    host.headers.set(0, []);
    expect(host.exports["malloc"]?.(0xffff_fff0)).toBe(0);
    expect(host.exports["proxy_on_memory_allocate"]?.(0x7fff_ffff)).toBe(0);
    expect(request(host, 2, 1, [["x-do", "used"]])["x-result"]).toBe("1");
  });
});
