import { parseDocument as parseYaml, type YAMLError } from "yaml";
import { notYaml } from "./not-yaml.ts";
import { toValue, type Problem } from "./to-value.ts";
import type { Value } from "./value.ts";

/** Reads the text of one document; what is wrong goes to the two lists. Never throws. */
export function readYaml(text: string, problems: Problem[], warnings: Problem[]): Value | undefined {
  const found: Problem[] = [];
  const value = parse(text, found, warnings);
  const other = notYaml(text, found.length > 0);
  problems.push(...(other === undefined ? found : [other]));
  return value;
}

function parse(text: string, problems: Problem[], warnings: Problem[]): Value | undefined {
  try {
    // Keys that repeat are found in toValue, in one pass over each map instead of one over every pair of keys.
    const document = parseYaml(text, { prettyErrors: false, logLevel: "silent", uniqueKeys: false });
    warnings.push(...document.warnings.map((warning) => describeError(warning, text)));
    const [first] = document.errors;
    // What follows the first error of syntax is mostly its echo, and so is what the aliases of such a document say.
    if (first !== undefined) problems.push(describeError(first, text));
    return toValue(document.contents, first === undefined ? problems : []);
  } catch (error) {
    // The parser recurses, so deep enough nesting exhausts the stack; it throws for nothing else that is known.
    const message =
      error instanceof RangeError
        ? "the document is nested too deeply"
        : `the document cannot be read: ${String(error)}`;
    problems.push({ offset: 0, message });
    return undefined;
  }
}

function describeError(error: YAMLError, text: string): Problem {
  const sentence = error.message.split("\n")[0] ?? "";
  const known = WORDS.find(([code, pattern]) => code === error.code && pattern.test(sentence));
  const [, , message = `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`.replace(/[.:]+$/, ""), fix] =
    known ?? [];
  const [at] = error.pos;
  const offset = fix === ALIGN ? nextText(text, at) : at;
  return { offset, message: `not valid YAML: ${message}`, ...(fix === undefined ? {} : { fix }) };
}

/** The parser sees at the end of one line that the next is indented otherwise. */
function nextText(text: string, at: number): number {
  const rest = /^[^\S\n]*(?:#.*)?\r?\n(?:\s*(?:#.*)?\n)*[^\S\n]*/.exec(text.slice(at));
  return rest === null || at + rest[0].length >= text.length ? at : at + rest[0].length;
}

const ALIGN = "align the line with its neighbours of the same level";

/** What the parser's errors mean to one who writes YAML, by their code and wording, and the likely fix. */
const WORDS: readonly (readonly [code: YAMLError["code"], text: RegExp, message: string, fix: string])[] = [
  ["TAB_AS_INDENT", /^/, "a tab stands where only spaces may", "indent with spaces"],
  ["BAD_INDENT", /sequence.*\]/i, 'a "[" before this place is not closed', 'add the missing "]", or indent this line'],
  ["BAD_INDENT", /map.*\}/i, 'a "{" before this place is not closed', 'add the missing "}", or indent this line'],
  ["BAD_INDENT", /^/, "this line is indented unlike its neighbours", ALIGN],
  ["MISSING_CHAR", /"quote/, 'a text that begins with " does not end', 'add the missing "'],
  ["MISSING_CHAR", /'quote/, "a text that begins with ' does not end", "add the missing '"],
  ["MISSING_CHAR", /^/, "a sign is missing here", 'check for a missing "," or ":"'],
  ["BAD_ALIAS", /empty/, "a * begins an alias", 'to say "any", put it in quotes: "*"'],
  [
    "MULTILINE_IMPLICIT_KEY",
    /^/,
    "a key must stand on one line",
    'check for a missing ":", or a missing space after it, and the indentation',
  ],
  [
    "BLOCK_AS_IMPLICIT_KEY",
    /^/,
    'a second ":" stands on this line',
    'check for a missing ":" before it, or put the text in quotes',
  ],
  [
    "UNEXPECTED_TOKEN",
    /flow-(seq|map)/,
    "a bracket stands where none may",
    "put text that contains brackets in quotes",
  ],
];
