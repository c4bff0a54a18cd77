import type { CelProblem } from "./syntax.ts";

export interface CelToken {
  readonly kind: "name" | "number" | "text" | "symbol" | "end";
  /** A text's value without quotes and escapes, else what is written. */
  readonly text: string;
  readonly at: number;
}

const SPACE = /[\s]+|\/\/[^\n]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][-+]?\d+)?u?/y;
const SYMBOL = /\|\||&&|==|!=|<=|>=|[?:<>+\-*/%!.,()[\]]/y;
const TEXT = /"((?:[^"\\\n]|\\[^\n])*)"|'((?:[^'\\\n]|\\[^\n])*)'/y;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "'": "'", "\\": "\\" };

/** The tokens of an expression, an "end" behind the last; or what is no token. */
export function tokenize(text: string): readonly CelToken[] | CelProblem {
  const tokens: CelToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const space = take(SPACE);
    const found = space ?? take(NAME) ?? take(NUMBER) ?? take(TEXT) ?? take(SYMBOL);
    if (found === null) return problemAt(text, at);
    const token = space === null ? tokenOf(found, at) : undefined;
    if (token !== undefined && "message" in token) return token;
    if (token !== undefined) tokens.push(token);
    at += found[0].length;
  }
  return [...tokens, { kind: "end", text: "", at }];
}

function tokenOf(found: RegExpExecArray, at: number): CelToken | CelProblem {
  const [text] = found;
  const first = text.charAt(0);
  if (first === '"' || first === "'") return unescaped(text.slice(1, -1), at);
  if (/\d/.test(first)) return { kind: "number", text, at };
  return { kind: /\w/.test(first) ? "name" : "symbol", text, at };
}

function unescaped(written: string, at: number): CelToken | CelProblem {
  const unknown = /\\([^ntr"'\\])/.exec(written.replaceAll("\\\\", "  "));
  if (unknown !== null)
    return {
      at: at + 1 + unknown.index,
      message: `\\${unknown[1] ?? ""} is not supported`,
      allowed: "\\n \\t \\r \\\" \\' \\\\",
    };
  const text = written.replaceAll(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? "");
  return { kind: "text", text, at };
}

function problemAt(text: string, at: number): CelProblem {
  const character = text.charAt(at);
  if (character === '"' || character === "'")
    return { at, message: `the text that begins with ${character} does not end` };
  const twice = { "=": "==", "&": "&&", "|": "||" }[character];
  const message = `the character ${character} has no meaning here`;
  return twice === undefined ? { at, message } : { at, message, fix: `write ${twice}` };
}
