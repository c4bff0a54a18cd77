import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { DelayDistribution, FaultInjection, FaultStatus } from "../../controlplane/src/model/fault-injection.ts";
import type { Fault } from "../../controlplane/src/model/types.ts";
import { compileFault } from "../../controlplane/src/policy/index.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import { decideFault } from "./fault-reference.ts";
import { faultInjection } from "./models.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

const DELAY = { perMillion: 100_000, fixedDelayMs: 7000 };
const ALWAYS = 1_000_000;
const SAMPLES = 20_000;

type Case = [name: string, fault: Fault | undefined, injections?: readonly FaultInjection[]];

const CASES: Case[] = [
  ["delay", { delay: DELAY }],
  ["abort with an HTTP status", { abort: { perMillion: 500_000, httpStatus: 418 } }],
  ["abort with a gRPC status", { abort: { perMillion: 1_000_000, grpcStatus: 14 } }],
  ["delay and abort", { delay: DELAY, abort: { perMillion: 1, httpStatus: 503 } }],
  ["neither", {}],
  ["no rules at all", undefined],
  [
    "an injection before the route s own",
    { delay: DELAY },
    [
      faultInjection("slow", {
        match: [
          {
            method: { exact: "GET" },
            uri: { prefix: "/a" },
            headers: {},
            withoutHeaders: { "x-b": { present: true } },
          },
          { headers: { "x-user": { exact: "jason" } }, withoutHeaders: {} },
        ],
        phase: "RESPONSE",
        delay: { perMillion: 250_000, distribution: { kind: "uniform", minMs: 10, maxMs: 20 } },
        abort: {
          perMillion: 1,
          statuses: [
            { weight: 3, status: { httpStatus: 503 } },
            { weight: 2, status: { grpcStatus: 14 } },
            { weight: 1, status: { reset: true } },
            { weight: 1, status: { keep: true } },
          ],
          body: "{}",
          contentType: "application/json",
        },
        responseCodes: [[500, 599]],
        attempts: 2,
        maxActive: 3,
        maxPerSecond: 4,
        seed: 42,
      }),
    ],
  ],
  [
    "a slow response and one cut off by an expression",
    undefined,
    [
      faultInjection("slow", {
        match: [{ uri: { regex: "/a/[0-9]+" }, headers: {}, withoutHeaders: {} }],
        drip: { perMillion: 2, kibPerSecond: 3 },
        truncate: { perMillion: 4, bytes: 5 },
      }),
    ],
  ],
];

let filter: PureFilter;

beforeAll(async () => {
  filter = await loadPureFilter("fault");
}, 60_000);

function load(fault: Fault | undefined, injections: readonly FaultInjection[] = []): number {
  const bytes = compileFault(fault, injections);
  const program = filter.put(bytes);
  expect(filter.call("check", program, bytes.length)).toBe(0);
  return program;
}

const firstRule = (program: number): number => filter.call("ruleAt", program, 0);

describe("fault", () => {
  test.each<Case>(CASES)("%s", async (name, fault, injections = []) => {
    const file = `programs/fault-${name.replaceAll(/[^a-z]+/gi, "-").toLowerCase()}.txt`;
    await expect(`${annotate(compileFault(fault, injections), LAYOUTS.fault)}\n`).toMatchFileSnapshot(file);
    const alternatives = injections.reduce((sum, { match }) => sum + Math.max(1, match.length), 0);
    expect(filter.call("ruleCount", load(fault, injections))).toBe(alternatives + (fault === undefined ? 0 : 1));
  });

  test.each([0, 1, 999, 500_000, 999_999, 1_000_000])("%d in a million", (perMillion) => {
    const program = load({ delay: { perMillion, fixedDelayMs: 5 }, abort: { perMillion, httpStatus: 500 } });
    let [delays, aborts, both] = [0, 0, 0];
    for (let i = 0; i < SAMPLES; i++) {
      const isDelayed = filter.call("delayMs", program, firstRule(program), BigInt(i) * 0x1234_5678_9abcn) > 0;
      const isAborted = filter.call("statusOf", program, firstRule(program), BigInt(i) * 0x1234_5678_9abcn) >= 0;
      delays += isDelayed ? 1 : 0;
      aborts += isAborted ? 1 : 0;
      both += isDelayed && isAborted ? 1 : 0;
    }
    const share = perMillion / 1_000_000;
    for (const [seen, expected] of [
      [delays, share],
      [aborts, share],
      [both, share * share],
    ] as const) {
      // Six standard deviations; none at 0 and at 1.
      const deviation = Math.sqrt(SAMPLES * expected * (1 - expected));
      expect(Math.abs(seen - SAMPLES * expected)).toBeLessThanOrEqual(6 * deviation);
    }
  });

  test.each([
    [{ httpStatus: 418 }, 418, -1],
    [{ grpcStatus: 14 }, 200, 14],
    [{ grpcStatus: 0 }, 200, 0],
  ])("abort %j answers HTTP %d, gRPC %d", (status, http, grpc) => {
    const program = load({ abort: { perMillion: ALWAYS, ...status } });
    expect(filter.call("statusOf", program, firstRule(program), 0n)).toBe(http + ((grpc + 1) << 16));
  });
});

describe("delays are drawn from their distribution", () => {
  const exponential = (mean: number) => (ms: number) => 1 - Math.exp(-ms / mean);
  test.each<[string, DelayDistribution, (ms: number) => number]>([
    ["uniform", { kind: "uniform", minMs: 100, maxMs: 900 }, (ms) => Math.min(1, Math.max(0, (ms - 100) / 800))],
    ["exponential", { kind: "exponential", meanMs: 200 }, exponential(200)],
    ["normal", { kind: "normal", meanMs: 1000, deviationMs: 100 }, (ms) => logistic((ms - 1000) / 100)],
    [
      "lognormal",
      { kind: "lognormal", medianMs: 100, p99Ms: 2000 },
      (ms) => logistic((Math.log(ms / 100) / Math.log(20)) * 2.326_348),
    ],
    [
      "percentiles",
      { kind: "percentiles", points: [50, 90, 100].map((percent) => ({ percent, ms: percent * 10 })) },
      (ms) => (ms < 500 ? 0 : ms / 1000),
    ],
  ])("%s", (_name, distribution, cdf) => {
    const program = load(undefined, [faultInjection("f", { delay: { perMillion: ALWAYS, distribution } })]);
    const delays = Array.from({ length: SAMPLES }, (_, i) =>
      filter.call("delayMs", program, firstRule(program), BigInt(i) * 0x9876_5432_1fedn),
    ).toSorted((a, b) => a - b);
    // Kolmogorov and Smirnov; the table, whole milliseconds and the normal's approximation may cost one percent.
    const distance = Math.max(
      ...delays.map((ms, i) => (ms === delays[i + 1] ? 0 : Math.abs(cdf(ms + 0.5) - (i + 1) / SAMPLES))),
    );
    expect(distance).toBeLessThan(0.024);
  });
});

test("what is decided is what the reference decides", { timeout: 60_000 }, () => {
  const ms = fc.integer({ min: 1, max: 100_000 });
  const distribution = fc.oneof(
    ms.map((value): DelayDistribution => ({ kind: "fixed", ms: value })),
    fc
      .tuple(ms, ms)
      .map(([a, b]): DelayDistribution => ({ kind: "uniform", minMs: Math.min(a, b), maxMs: Math.max(a, b) })),
    fc.tuple(ms, ms).map(([meanMs, deviationMs]): DelayDistribution => ({ kind: "normal", meanMs, deviationMs })),
    ms.map((meanMs): DelayDistribution => ({ kind: "exponential", meanMs })),
    fc.tuple(ms, ms).map(([a, b]): DelayDistribution => ({ kind: "lognormal", medianMs: a, p99Ms: a + b })),
  );
  const status = fc.oneof(
    fc.integer({ min: 200, max: 599 }).map((httpStatus): FaultStatus => ({ httpStatus })),
    fc.nat(16).map((grpcStatus): FaultStatus => ({ grpcStatus })),
    fc.constant<FaultStatus>({ reset: true }),
  );
  const statuses = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 1000 }), status }), {
    minLength: 1,
    maxLength: 5,
  });
  const perMillion = fc.constantFrom(1, 500_000, 1_000_000);
  const injection = fc
    .record({
      delay: fc.record({ perMillion, distribution }),
      abort: fc.record({ perMillion, statuses }),
      drip: fc.record({ perMillion, kibPerSecond: fc.integer({ min: 1, max: 1_000_000 }) }),
      truncate: fc.record({ perMillion, bytes: fc.nat(1_000_000_000) }),
    })
    .map((fields) => faultInjection("f", fields));
  const property = fc.property(
    injection,
    fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 10, maxLength: 20 }),
    (one, randoms) => {
      const program = load(undefined, [one]);
      for (const random of randoms) {
        const { delayMs, status: decided, kibPerSecond, bytes } = decideFault(one, random);
        expect(filter.call("kibPerSecondOf", firstRule(program), random)).toBe(kibPerSecond);
        expect(filter.call("bytesOf", firstRule(program), random)).toBe(bytes);
        expect(filter.call("delayMs", program, firstRule(program), random)).toBe(delayMs);
        expect(filter.call("statusOf", program, firstRule(program), random)).toBe(codeOf(decided));
      }
    },
  );
  fc.assert(property, { numRuns: 1000 });
});

test("a request id decides alike for one seed, and otherwise for another", () => {
  const idOf = (id: string, seed: number): number => {
    const program = load(undefined, [faultInjection("f", { seed })]);
    const bytes = new TextEncoder().encode(id);
    return filter.call("randomOfId", firstRule(program), filter.put(bytes), bytes.length);
  };
  expect(idOf("4f1c", 1)).toBe(idOf("4f1c", 1));
  expect(idOf("4f1c", 1)).not.toBe(idOf("4f1c", 2));
  expect(idOf("4f1c", 1)).not.toBe(idOf("4f1d", 1));
});

test("limits: so many under way, so many a second", () => {
  filter.call("resetBudget");
  const second = 1_000_000_000n;
  const take = (active: number, perSecond: number, at: bigint): boolean =>
    filter.call("take", active, perSecond, at) === 1;
  expect([take(2, 0, 0n), take(2, 0, 0n), take(2, 0, 0n)]).toEqual([true, true, false]);
  filter.call("release");
  expect([take(2, 0, 0n), take(2, 0, 0n)]).toEqual([true, false]);
  filter.call("resetBudget");
  expect([take(0, 2, 5n), take(0, 2, 6n), take(0, 2, 7n), take(0, 2, second)]).toEqual([true, true, false, true]);
});

/** A status as `statusOf` tells it. */
function codeOf(status: FaultStatus | undefined): number {
  if (status === undefined) return -1;
  if ("grpcStatus" in status) return 200 + ((status.grpcStatus + 1) << 16);
  return "httpStatus" in status ? status.httpStatus : "reset" in status ? 1 : 0;
}

/** The normal distribution, to one percent. */
function logistic(z: number): number {
  return 1 / (1 + Math.exp(-1.702 * z));
}
