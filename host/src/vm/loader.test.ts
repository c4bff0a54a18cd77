// The loader's own names begin so.
// oxlint-disable no-underscore-dangle
import { describe, expect, test } from "vitest";
import { compileMapped } from "../fixtures/compile-filter.ts";
import { createHost } from "./host.ts";

const SOURCE = `
export function proxy_abi_version_0_2_1(): void {}
export function malloc(size: usize): usize { return heap.alloc(size); }
let seen: string = "nothing";
export function lastSeen(): string { return seen; }
export function shout(text: string): string { return text.toUpperCase() + "!"; }
export function squares(count: i32): i32[] { const all: i32[] = []; for (let i = 0; i < count; i++) all.push(i * i); return all; }
export function proxy_on_request_headers(id: i32, n: i32, end: i32): i32 { seen = "a request of " + n.toString() + " headers"; return 0; }
`;

describe("@assemblyscript/loader", () => {
  test("reads and makes strings and arrays in the instance that serves streams", async () => {
    const plugin = createHost().load(await compileMapped(SOURCE, ["--exportRuntime", "--exportStart", "_initialize"]));
    const { loader } = plugin;
    const call = (name: string, ...args: number[]): number => (loader[name] as (...given: number[]) => number)(...args);
    expect(loader.__getString(call("lastSeen"))).toBe("nothing");
    plugin.stream().requestHeaders();
    expect(loader.__getString(call("lastSeen"))).toBe("a request of 4 headers");
    const text = loader.__pin(loader.__newString("hello"));
    expect(loader.__getString(call("shout", text))).toBe("HELLO!");
    loader.__unpin(text);
    expect(loader.__getArray(call("squares", 5))).toEqual([0, 1, 4, 9, 16]);
  });

  test("a module without its runtime exported says so", async () => {
    const plugin = createHost().load(await compileMapped(SOURCE));
    expect(() => plugin.loader).toThrow("build it with --exportRuntime");
  });
});
