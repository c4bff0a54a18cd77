import { compileRegex, wholeMatch } from "../model/regex/byte-program.ts";
import { parseSubstitution as parse, type SubstitutionPart } from "../model/regex/substitution.ts";

const MAX_GROUPS = 9;

/** A pattern as a filter runs it, whose first `groups` groups are captured. Decoders have let it through. */
export function regexBytes(pattern: string, groups: number): Uint8Array {
  const compiled = compileRegex(pattern, groups);
  if ("bytes" in compiled) return compiled.bytes;
  throw new Error(`the regular expression ${pattern} was let through, but ${compiled.problem}`);
}

/** As `regexBytes`, of a pattern that has to match all of a text. */
export function wholeRegex(pattern: string): Uint8Array {
  return regexBytes(wholeMatch(pattern), 0);
}

/** A substitution that decoders have let through. */
export function parseSubstitution(text: string): readonly SubstitutionPart[] {
  const read = parse(text, MAX_GROUPS);
  if ("parts" in read) return read.parts;
  throw new Error(`the substitution ${text} was let through, but it ${read.problem}`);
}
