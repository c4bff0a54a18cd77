import { RE2JS } from "re2js";

/** One step of a program over characters, as RE2 and Go's regexp have it; numbers are indices of steps. */
export type RuneStep =
  | { readonly op: "split"; readonly preferred: number; readonly other: number }
  | { readonly op: "save"; readonly slot: number; readonly next: number }
  /** All that is asked for must hold: a set of `Condition`s. */
  | { readonly op: "assert"; readonly conditions: number; readonly next: number }
  /** Ascending code points, two for each range; both ends belong to it. */
  | { readonly op: "rune"; readonly ranges: readonly number[]; readonly next: number }
  | { readonly op: "jump"; readonly next: number }
  | { readonly op: "match" }
  | { readonly op: "fail" };

export interface RuneProgram {
  readonly steps: readonly RuneStep[];
  readonly start: number;
  /** How many groups the pattern has, without the match itself. */
  readonly groups: number;
}

/** What the library's steps are numbered by (RE2JS 2.10, `Inst`). */
const Code = { alt: 1, altMatch: 2, capture: 3, empty: 4, fail: 5, match: 6, nop: 7 } as const;
const RuneCode = { set: 8, one: 9, any: 10, anyButNewline: 11 } as const;

const LAST = 0x10_ffff;
const NEWLINE = 10;

interface LibraryStep {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  readonly runes: ArrayLike<number>;
}

/**
 * A pattern in RE2's syntax as a program over characters. Parsing, simplification and the order of alternatives are the
 * library's, a port of RE2. The pattern is one that `decode/regex.ts` has let through.
 */
export function compileRunes(pattern: string): RuneProgram {
  const { prog, numSubexp } = RE2JS.compile(pattern).re2();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library types its steps as any
  const steps = (prog.inst as readonly LibraryStep[]).map(stepOf);
  return { steps, start: prog.start, groups: numSubexp };
}

function stepOf({ op, out, arg, runes }: LibraryStep): RuneStep {
  switch (op) {
    case Code.alt:
    case Code.altMatch:
      return { op: "split", preferred: out, other: arg };
    case Code.capture:
      return { op: "save", slot: arg, next: out };
    case Code.empty:
      return { op: "assert", conditions: arg, next: out };
    case Code.nop:
      return { op: "jump", next: out };
    case Code.match:
      return { op: "match" };
    case Code.fail:
      return { op: "fail" };
    default:
      return { op: "rune", ranges: rangesOf(op, arg, runes), next: out };
  }
}

function rangesOf(op: number, fold: number, runes: ArrayLike<number>): readonly number[] {
  const [first = 0] = Array.from(runes);
  switch (op) {
    case RuneCode.any:
      return [0, LAST];
    case RuneCode.anyButNewline:
      return [0, NEWLINE - 1, NEWLINE + 1, LAST];
    case RuneCode.one:
      return [first, first];
    case RuneCode.set:
      // A single character, of either case if the lowest bit says so; classes have both in their ranges.
      if (runes.length === 1) return (fold & 1) === 0 ? [first, first] : eitherCase(first);
      return Array.from(runes);
    default:
      throw new Error(`the regular expression has a step ${op}, which is not known`);
  }
}

let cased: string | undefined;
const cases = new Map<number, readonly number[]>();

/** A character and those that differ from it in case only (Unicode's simple folding), as ranges. */
function eitherCase(rune: number): readonly number[] {
  const known = cases.get(rune);
  if (known !== undefined) return known;
  cased ??= allCased();
  const same = cased.match(new RegExp(`\\u{${rune.toString(16)}}`, "giu")) ?? [];
  const runes = new Set([rune, ...same.map((one) => one.codePointAt(0) ?? rune)]);
  const ranges = [...runes].toSorted((a, b) => a - b).flatMap((one) => [one, one]);
  cases.set(rune, ranges);
  return ranges;
}

function allCased(): string {
  let all = "";
  for (let rune = 0; rune <= LAST; rune++) {
    const character = rune >= 0xd800 && rune <= 0xdfff ? "" : String.fromCodePoint(rune);
    if (/\p{Changes_When_Casemapped}/u.test(character)) all += character;
  }
  return all;
}
