import { beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../controlplane/src/model/types.ts";
import { compileFault } from "../../controlplane/src/policy/index.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

const DELAY = { perMillion: 100_000, fixedDelayMs: 7000 };

const CASES: readonly (readonly [name: string, fault: Fault])[] = [
  ["delay", { delay: DELAY }],
  ["abort with an HTTP status", { abort: { perMillion: 500_000, httpStatus: 418 } }],
  ["abort with a gRPC status", { abort: { perMillion: 1_000_000, grpcStatus: 14 } }],
  ["delay and abort", { delay: DELAY, abort: { perMillion: 1, httpStatus: 503 } }],
  ["neither", {}],
];

let filter: PureFilter;

beforeAll(async () => {
  filter = await loadPureFilter("fault");
}, 60_000);

function load(fault: Fault): number {
  const bytes = compileFault(fault);
  const program = filter.put(bytes);
  expect(filter.call("check", program, bytes.length)).toBe(0);
  return program;
}

describe("fault", () => {
  test.each(CASES)("%s", async (name, fault) => {
    const file = `programs/fault-${name.replaceAll(/[^a-z]+/gi, "-").toLowerCase()}.txt`;
    await expect(`${annotate(compileFault(fault), LAYOUTS.fault)}\n`).toMatchFileSnapshot(file);
    const program = load(fault);
    expect(filter.call("delayMs", program, 0n)).toBe(fault.delay?.fixedDelayMs ?? 0);
    expect(filter.call("aborts", program, 0n)).toBe(fault.abort === undefined ? 0 : 1);
  });

  test.each([0, 1, 999, 500_000, 999_999, 1_000_000])("%d in a million, to the last one", (perMillion) => {
    const program = load({ delay: { perMillion, fixedDelayMs: 5 }, abort: { perMillion, httpStatus: 500 } });
    for (const sample of [0, 1, 998, 999, 499_999, 500_000, 999_998, 999_999]) {
      const random = BigInt(sample) + 1_000_000n * 12_345_678_901n;
      expect(filter.call("delayMs", program, random)).toBe(sample < perMillion ? 5 : 0);
      expect(filter.call("aborts", program, random)).toBe(sample < perMillion ? 1 : 0);
    }
  });

  test.each([
    [{ httpStatus: 418 }, 418, -1],
    [{ grpcStatus: 14 }, 200, 14],
    [{ grpcStatus: 7 }, 200, 7],
    [{ grpcStatus: 0 }, 200, 0],
  ])("abort %j answers HTTP %d, gRPC %d", (status, http, grpc) => {
    const program = load({ abort: { perMillion: 1_000_000, ...status } });
    expect(filter.call("abortStatus", program)).toBe(http);
    expect(filter.call("abortGrpcStatus", program)).toBe(grpc);
  });
});
