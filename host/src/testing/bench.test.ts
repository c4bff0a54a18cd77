import { expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { createHost } from "../vm/host.ts";
import { bench, formatBench } from "./index.ts";

const FILTER = `
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { header(0, "x"); header(0, "y"); return 0; }
`;
const wasm = await assemble(FILTER);

test("a bench tells the time, the crossings and the allocations of a run", async () => {
  const host = createHost();
  const plugin = host.load(wasm);
  let runs = 0;
  const result = await bench(
    host,
    () => {
      runs += 1;
      plugin.stream().requestHeaders();
    },
    { times: 50 },
  );
  expect(runs).toBe(5 + 50 + 10);
  expect(result.nanoseconds).toBeGreaterThan(0);
  expect(result.hostCalls).toEqual({ proxy_get_header_map_value: 2 });
  expect(result.callbacks).toEqual({ proxy_on_request_headers: 1 });
  expect(result.allocations?.count).toBeGreaterThan(0);
  const lines = formatBench(result).split("\n");
  expect(lines.slice(1, 5)).toEqual([
    "callbacks: 1",
    "  proxy_on_request_headers 1",
    "host calls: 2",
    "  proxy_get_header_map_value 2",
  ]);
});

test("a bench waits for a promise", async () => {
  const host = createHost();
  const plugin = host.load(wasm);
  const { callbacks } = await bench(host, () => plugin.fetch(new Request("http://shop/")), { times: 10 });
  expect(callbacks).toEqual({ proxy_on_request_headers: 1 });
});
