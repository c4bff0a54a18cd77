import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileHeaders } from "../../controlplane/src/policy/index.ts";
import { compileRegex, groupCount } from "../../controlplane/src/model/regex/byte-program.ts";
import { regexBytes } from "../../controlplane/src/policy/regex.ts";
import { decodeSpecText } from "../../controlplane/src/model/testing/decode-text.ts";
import { headerOperations, headerPolicy } from "./models.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";
import { garbage, pattern as wellFormed, subject } from "./regex-arbitraries.ts";
import { Re2 } from "./regex-reference.ts";

/** How many patterns, each with ten texts; SLUICE_FUZZ sets another number. */
const PATTERNS = Number(process.env["SLUICE_FUZZ"] ?? 300);
const ROOM = 16_384;
const OPERATION_TABLE = 32;

let filter: PureFilter;
let text = 0;
let room = 0;
let program = 0;

beforeAll(async () => {
  filter = await loadPureFilter("headers");
  text = filter.put(new Uint8Array(2 * ROOM));
  room = filter.put(new Uint8Array(ROOM));
  program = filter.put(new Uint8Array(4 * ROOM));
}, 120_000);

/** One rewrite as the filter does it; `undefined` where nothing is replaced. */
class Rewriting {
  readonly #program: number;
  readonly #operation: number;

  constructor(pattern: string, substitution: string) {
    const request = headerOperations({ rewrite: { "x-a": { pattern, substitution } } });
    const bytes = compileHeaders(undefined, new Map(), undefined, undefined, [headerPolicy({ request })]);
    if (bytes === undefined) throw new Error("there is no program");
    // One at a time: the latest program is in the place of the one before.
    filter.bytes(program, bytes.length).set(bytes);
    this.#program = program;
    if (filter.call("check", this.#program, bytes.length) !== 0) throw new Error(`${pattern}: refused`);
    this.#operation = this.#program + filter.word(this.#program + OPERATION_TABLE);
  }

  of(value: Uint8Array): Uint8Array | undefined {
    filter.bytes(text, value.length).set(value);
    const length = filter.call("rewrite", this.#program, this.#operation, text, value.length, room, ROOM);
    return length < 0 ? undefined : filter.bytes(room, length).slice();
  }

  ofText(value: string): string | undefined {
    const made = this.of(new TextEncoder().encode(value));
    return made && new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(made);
  }
}

describe("a rewrite", () => {
  test.each<[pattern: string, substitution: string, value: string, expected: string | undefined]>([
    ["^/v(\\d+)/(.*)$", "/api/\\1/\\2", "/v12/a/b", "/api/12/a/b"],
    ["a", "b", "banana", "bbnbnb"],
    ["x", "b", "banana", undefined],
    ["a*", "-", "baac", "-b-c-"],
    ["", "-", "aé", "-a-é-"],
    ["a|ab", "[\\0]", "ab", "[a]b"],
    ["(?i)straße|k", "*", "STRASSE Straße \u212a", "STRASSE * *"],
    ["(a+?)(a*)", "\\2.\\1", "aaa", "aa.a"],
    ["\\bno\\b", "yes", "no-no nono", "yes-yes nono"],
    ["[^/]+$", "\\\\", "/a/é", "/a/\\"],
    ["(?P<n>a)(?<m>b)", "\\2\\1", "ab", "ba"],
    ["(a??|)*", "<\\0>", "a", "<>a<>"],
    ["(.*?|)*|", "<\\0>", "a", "<>a<>"],
    ["(a)|(b)", "<\\1\\2>", "ab", "<a><b>"],
    ["\\p{Greek}+", "g", "αβγ abc", "g abc"],
    ["[^a]|$", "<\\0>", "a😀", "a<😀>"],
    ["(?m)^a$", "b", "a\na", "b\nb"],
    ["(?s).+", "b", "a\na", "b"],
    ["\\Aa\\z", "b", "aa", undefined],
    ["(?:a{2}){2,3}", "b", "aaaaaaaaa", "baaa"],
  ])("of %j to %j", (pattern, substitution, value, expected) => {
    expect(new Rewriting(pattern, substitution).ofText(value)).toBe(expected);
  });

  test.each<[name: string, pattern: string, value: readonly number[], expected: string]>([
    ["a byte that is no character is not matched by a dot", ".", [0xff, 0x61], "ff2d"],
    ["nor by a negated class", "[^b]", [0x61, 0xc3, 0x28], "2dc32d"],
    ["an unfinished character stays", "", [0xc3], "2dc32d"],
    ["a character is one", ".", [0xc3, 0xa9], "2d"],
  ])("%s", (_name, pattern, value, expected) => {
    expect(Buffer.from(new Rewriting(pattern, "-").of(Uint8Array.from(value)) ?? []).toString("hex")).toBe(expected);
  });

  test("has an end, whatever the pattern and the value", () => {
    const slow = new Rewriting("(?:a?b?c?d?){50}x|(?:a*)*y", "-");
    expect(slow.ofText("abcd".repeat(4000))).toBeUndefined();
    expect(new Rewriting("(?:.*a|.*b){30}c|a", "-").ofText("a".repeat(16_000))).toBeUndefined();
    expect(new Rewriting("a", "bb").ofText("a".repeat(16_000))).toBeUndefined();
    expect(new Rewriting("a", "b").ofText("a".repeat(16_385))).toBeUndefined();
    expect(new Rewriting("a", "b").ofText("a".repeat(16_384))).toBe("b".repeat(16_384));
  });
});

test.each<[source: string, expected: RegExp]>([
  ["(a)\\1", /invalid escape sequence: `\\1`/],
  ["a(?=b)", /invalid or unsupported Perl syntax.*look-around/],
  ["a{1001}", /invalid repeat count/],
  ["(?:\\pL){9}", /too big a regular expression: it comes to more than 2000 steps/],
  ["[b-a]", /invalid character class range/],
  ["(", /missing closing \)/],
])("the pattern %s is refused", (source, expected) => {
  const spec = `hosts: [a]\nrequest: { rewrite: { x-a: { pattern: '${source}', substitution: b } } }`;
  expect(decodeSpecText("HeaderPolicy", spec).problems.join()).toMatch(expected);
});

test(`${PATTERNS} patterns as RE2 itself reads them`, { timeout: 3_600_000 }, () => {
  const property = fc.property(wellFormed, fc.array(subject, { minLength: 10, maxLength: 10 }), (source, values) => {
    const engine = new Re2(source);
    try {
      const groups = isAccepted(source);
      expect(groups !== undefined, engine.problem).toBe(engine.problem === undefined);
      if (groups === undefined || source === "" || "problem" in compileRegex(source, 9)) return;
      const names = Array.from({ length: Math.min(groups, 9) + 1 }, (_, i) => i);
      const rewriting = new Rewriting(source, names.map((i) => `<\\${i}>`).join(""));
      // Inside of a character, too, there is no boundary of a word, and a text cannot say that something is found there.
      const readable = source.includes("\\B") ? values.map((value) => value.replaceAll(/[^ -~]/g, "")) : values;
      for (const value of readable) {
        const expected = engine.replaceAll(value, (all) => names.map((i) => `<${all[i] ?? ""}>`).join(""));
        expect(rewriting.ofText(value), JSON.stringify(value)).toBe(expected);
      }
    } finally {
      engine.free();
    }
  });
  fc.assert(property, { numRuns: PATTERNS });
});

test(`${PATTERNS} texts are patterns where RE2 says so`, { timeout: 3_600_000 }, () => {
  const property = fc.property(garbage, (source) => {
    const engine = new Re2(source);
    const { problem } = engine;
    engine.free();
    expect(isAccepted(source) !== undefined, problem).toBe(problem === undefined);
  });
  fc.assert(property, { numRuns: PATTERNS });
});

test(`${PATTERNS} damaged programs are refused, or run to their end`, { timeout: 3_600_000 }, () => {
  const sound = regexBytes("(?i)^(a|[^/]+)*\\b(k{2,3}|é)?$", 2);
  const edits = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
  const damaged = filter.put(sound);
  const property = fc.property(edits, fc.uint8Array({ maxLength: 40 }), (changes, value) => {
    const bytes = Uint8Array.from(sound);
    for (const [at, byte] of changes) bytes[at] = byte;
    filter.bytes(damaged, bytes.length).set(bytes);
    if (filter.call("isRegex", damaged, bytes.length) === 0) return;
    filter.bytes(text, value.length).set(value);
    filter.call("prepare", damaged, text, value.length);
    if (filter.call("search", 0) === 0) return;
    const [begin, end] = [filter.call("slot", 0), filter.call("slot", 1)];
    expect(begin <= value.length && end <= value.length).toBe(true);
  });
  fc.assert(property, { numRuns: PATTERNS });
});

/** How many groups a pattern has that a HeaderPolicy may have; undefined for one that is refused. */
function isAccepted(source: string): number | undefined {
  try {
    return groupCount(source);
  } catch {
    return undefined;
  }
}
