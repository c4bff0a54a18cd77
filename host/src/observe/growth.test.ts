import { expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { createHost } from "../vm/host.ts";
import type { Plugin } from "../vm/plugin.ts";
import "../testing/index.ts";

const filter = (does: string): string => `
  let kept: ArrayBuffer[] = [];
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { ${does} return 0; }
`;
// The fixtures have a heap that never gives back what it holds, so what they need is taken and freed by hand.
const CLEAN = filter("heap.free(heap.alloc(40));");
const TWICE = filter("const block = heap.alloc(40); heap.free(block); heap.free(block);");

const one = (plugin: Plugin) => (): void => {
  const stream = plugin.stream();
  stream.requestHeaders();
  stream.complete();
};

test.each<[string, string, boolean]>([
  ["what is given back", CLEAN, false],
  ["one block a request", filter("heap.alloc(8);"), true],
  ["nothing at all", filter(""), false],
  ["memory that grows", filter("if (id % 400 == 0) memory.grow(1);"), true],
  ["one block in a thousand requests", filter("if (id % 1000 == 0) heap.alloc(8);"), false],
])("%s", async (_, source, grows) => {
  const plugin = createHost().load(await assemble(source));
  if (grows) await expect(plugin).toGrowOver(1000, one(plugin));
  else await expect(plugin).not.toGrowOver(1000, one(plugin));
});

test("the message tells by how much", async () => {
  const plugin = createHost().load(await assemble(filter("heap.alloc(8);")));
  await expect(expect(plugin).not.toGrowOver(200, one(plugin))).rejects.toThrow(/200 live blocks over 200 runs/);
  await expect(expect({}).toGrowOver(1, () => {})).rejects.toThrow("toGrowOver takes a plugin");
});

test("memory that is freed twice is a misuse", async () => {
  const host = createHost();
  host
    .load(await assemble(TWICE))
    .stream()
    .requestHeaders();
  expect(host).toHaveMisuse("double-free", /freed twice in proxy_on_request_headers/);
  const clean = createHost();
  one(clean.load(await assemble(CLEAN)))();
  expect(clean).not.toHaveMisuse();
});

test("a block that was freed and given out again may be freed", async () => {
  const host = createHost();
  const again = filter("heap.free(heap.alloc(40)); heap.free(heap.alloc(40)); heap.free(0);");
  const plugin = host.load(await assemble(again));
  for (let index = 0; index < 10; index++) one(plugin)();
  expect(host).not.toHaveMisuse();
});
