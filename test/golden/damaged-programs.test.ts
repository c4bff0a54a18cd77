import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compileAuthorization,
  compileFault,
  compileHeaders,
  compileTelemetry,
} from "../../controlplane/src/policy/index.ts";
import { checksum } from "../../controlplane/src/policy/format.ts";
import {
  authorizationPolicy,
  faultInjection,
  headerOperations,
  headerPolicy,
  operation,
  telemetry,
  values,
} from "./models.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

const RUNS = 3000;
const HEADER_BYTES = 16;
const TOO_SHORT = 1;
const NOT_A_PROGRAM = 2;
const OTHER_POLICY = 3;
const OTHER_VERSION = 4;
const WRONG_LENGTH = 5;
const DAMAGED = 6;

interface Subject {
  readonly policy: string;
  readonly program: Uint8Array | undefined;
  /** Runs all of the filter's pure code over a program that passed its check. */
  readonly exercise: (filter: PureFilter, program: number, scratch: number) => void;
}

const SUBJECTS: readonly Subject[] = [
  {
    policy: "authorization",
    program: compileAuthorization([
      authorizationPolicy(
        "deny",
        "DENY",
        { to: [operation({ paths: values("/a*", "/{*}/b/{**}"), ports: [80], hosts: values("*.test") })] },
        { when: [{ header: "x-user", values: values("a", "*b"), notValues: values("c") }] },
        { from: [{ ipBlocks: [{ kind: "cidr", value: "10.0.0.0/8" }], namespaces: values("shop") }] },
        ...["d", "e", "f", "g"].map((text) => ({
          to: [operation({ methods: values("GET"), paths: values("/same", `/${text}*`) })],
        })),
      ),
      authorizationPolicy("allow", "ALLOW", {
        to: [operation({ notMethods: values("*") }), operation({ methods: values("GET") })],
      }),
    ]),
    exercise: (filter, program, scratch) => {
      filter.call("use", program);
      // Facts that are there several times, with all of 16 bytes of the scratch memory, whatever stands there.
      filter.call("decide", scratch, 64);
      for (let action = 1; action <= 7; action++) filter.call("match", action, scratch, 64);
    },
  },
  {
    policy: "fault",
    program: compileFault({ delay: { perMillion: 1, fixedDelayMs: 1 }, abort: { perMillion: 1, httpStatus: 503 } }, [
      faultInjection("f", {
        match: [{ uri: { prefix: "/a" }, headers: { "x-user": { exact: "b" } }, withoutHeaders: {} }],
        delay: { perMillion: 500_000, distribution: { kind: "exponential", meanMs: 50 } },
        abort: { perMillion: 500_000, statuses: [{ weight: 2, status: { httpStatus: 503 } }] },
      }),
    ]),
    exercise: (filter, program, scratch) => {
      for (let i = 0; i < filter.call("ruleCount", program); i++) {
        const rule = filter.call("ruleAt", program, i);
        for (const random of [0n, 1n, 2n, 3n]) {
          filter.call("delayMs", program, rule, random);
          filter.call("statusOf", program, rule, random);
        }
        for (let k = 0; k < filter.word(rule + 12); k++) {
          filter.call("satisfies", program, filter.call("conditionAt", program, rule, k), scratch, 16);
        }
      }
    },
  },
  {
    policy: "headers",
    program: compileHeaders(
      { request: { set: { a: "1" }, add: { b: "2" }, remove: ["c"] } },
      new Map([["outbound|80||a", { response: { set: { a: "1" }, add: {}, remove: [] } }]]),
      undefined,
      undefined,
      [
        headerPolicy({
          request: headerOperations({ set: { d: [{ text: "1" }, { requestHeader: "e" }] }, rename: { f: "g" } }),
        }),
      ],
    ),
    exercise: (filter, program, scratch) => {
      for (const group of [filter.call("groupOfCluster", program, scratch, 14), filter.call("groupOfRoute", program)]) {
        if (group >= 0) walkOperations(filter, program, group);
      }
    },
  },
  {
    policy: "telemetry",
    program: compileTelemetry(
      [
        telemetry({
          metric: "ALL_METRICS",
          mode: "CLIENT",
          tags: {
            tenant: { operation: "UPSERT", value: { requestHeader: "x-tenant" } },
            user: { operation: "UPSERT", value: { literal: "u" } },
            mixed: {
              operation: "UPSERT",
              value: {
                operation: "select",
                operands: [
                  { operation: "less", operands: [{ attribute: "response.code" }, { literal: 500 }] },
                  { operation: "concat", operands: [{ requestHeader: "x-a" }, { attribute: "upstream_peer.app" }] },
                  { literal: "bad" },
                ],
              },
            },
          },
        }),
      ],
      "CLIENT",
    ),
    exercise: (filter, program, scratch) => {
      const noFacts = scratch + 1024;
      for (const metric of [0, 1, 2, 3]) filter.call("metricName", program, metric, noFacts, scratch + 2048, 2048);
    },
  },
];

function walkOperations(filter: PureFilter, program: number, group: number): void {
  for (const direction of [4, 12]) {
    const count = filter.call("operationCount", program, group, direction);
    for (let i = 0; i < count; i++) {
      const at = filter.call("operationAt", program, group, direction, i);
      const isTemplate = [5, 6, 7].includes(filter.word(at));
      const parts = isTemplate ? filter.call("partCount", at) : 0;
      for (let k = 0; k < parts; k++) filter.word(filter.call("partAt", program, at, k));
    }
  }
}

/** Writes a length and a checksum that fit, so that the checks behind them are reached. */
function sealed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEADER_BYTES) return bytes;
  const view = new DataView(bytes.buffer);
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, checksum(bytes.subarray(HEADER_BYTES)), true);
  return bytes;
}

function edited(bytes: Uint8Array, edit: (copy: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  edit(new DataView(copy.buffer));
  return copy;
}

describe.each(SUBJECTS)("$policy", ({ policy, program: sound = new Uint8Array(), exercise }) => {
  const other = policy === "fault" ? 1 : 2;

  test("is refused with the reason", { timeout: 60_000 }, async () => {
    const filter = await loadPureFilter(policy);
    const check = (bytes: Uint8Array): number => filter.call("check", filter.putAtEnd(bytes), bytes.length);
    expect(check(sound)).toBe(0);
    expect(check(new Uint8Array())).toBe(TOO_SHORT);
    expect(check(sound.slice(0, 15))).toBe(TOO_SHORT);
    expect(check(sealed(sound.slice(0, 16)))).toBe(TOO_SHORT);
    expect(check(edited(sound, (view) => view.setUint8(0, 0)))).toBe(NOT_A_PROGRAM);
    expect(check(edited(sound, (view) => view.setUint16(4, other, true)))).toBe(OTHER_POLICY);
    expect(check(edited(sound, (view) => view.setUint16(6, 99, true)))).toBe(OTHER_VERSION);
    expect(check(sound.slice(0, -1))).toBe(WRONG_LENGTH);
    expect(check(edited(sound, (view) => view.setUint8(20, view.getUint8(20) ^ 1)))).toBe(DAMAGED);
  });

  test(`${RUNS} damaged programs are refused or run, and never trap`, { timeout: 120_000 }, async () => {
    const filter = await loadPureFilter(policy);
    const scratch = filter.put(scratchBytes());
    const edit = fc.record({ at: fc.nat(sound.length - 1), value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 255)) });
    const words = fc.record({
      at: fc.nat(Math.floor(sound.length / 4) - 5),
      value: fc.oneof(fc.nat(40), fc.nat(0xffff_ffff)),
    });
    const end = fc.oneof({ weight: 3, arbitrary: fc.constant(sound.length) }, fc.nat(sound.length));
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 3 }),
        fc.array(words, { maxLength: 2 }),
        end,
        (edits, wordEdits, length) => {
          const bytes = edited(sound, (view) => {
            for (const { at, value } of edits) view.setUint8(Math.max(at, HEADER_BYTES), value);
            for (const { at, value } of wordEdits) view.setUint32(HEADER_BYTES + at * 4, value, true);
          }).slice(0, length);
          const at = filter.putAtEnd(sealed(bytes));
          if (filter.call("check", at, bytes.length) !== 0) return;
          accepted++;
          exercise(filter, at, scratch);
        },
      ),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(RUNS / 100);
  });
});

/** 64 values (fact, address, length), each of 16 bytes at address 4096, with what a path may have; zeros after them. */
function scratchBytes(): Uint8Array {
  const bytes = new Uint8Array(8192);
  const view = new DataView(bytes.buffer);
  for (let fact = 0; fact < 64; fact++) {
    view.setUint32(fact * 12, fact % 8, true);
    view.setUint32(fact * 12 + 4, 4096, true);
    view.setUint32(fact * 12 + 8, 16, true);
  }
  return bytes;
}
