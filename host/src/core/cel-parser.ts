/** A parsed expression of the Common Expression Language: as much of it as conditions on a request need. */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | bigint | number | boolean }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "select"; readonly of: Expression; readonly key: Expression }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] };

const TOKEN =
  /\s*(?:(\d+\.\d+)|(\d+)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(&&|\|\||==|!=|<=|>=|[-+*/%!<>()[\],.?:]))/y;
/** Binary operators, the loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

interface Token {
  readonly kind: "double" | "int" | "text" | "word" | "sign" | "end";
  readonly text: string;
}

/** Parses an expression; undefined for text that is none. */
export function parseExpression(text: string): Expression | undefined {
  const tokens = tokenize(text);
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens);
  const expression = parser.binary(0);
  return parser.atEnd ? expression : undefined;
}

function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (match === null) return undefined;
    const [, double, int, quoted, word, sign] = match;
    if (double !== undefined) tokens.push({ kind: "double", text: double });
    else if (int !== undefined) tokens.push({ kind: "int", text: int });
    else if (quoted !== undefined) tokens.push({ kind: "text", text: quoted.slice(1, -1).replaceAll(/\\(.)/g, "$1") });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else tokens.push({ kind: "sign", text: sign ?? "" });
  }
  return tokens;
}

const END: Token = { kind: "end", text: "" };

/** Recursive descent. A part that is not there is undefined, and so is all around it. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  binary(level: number): Expression | undefined {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.binary(level + 1);
    while (left !== undefined && this.#peek.kind !== "text" && operators.includes(this.#peek.text)) {
      const name = this.#take().text;
      const right = this.binary(level + 1);
      left = right === undefined ? undefined : { kind: "call", name, args: [left, right] };
    }
    return left;
  }

  #unary(): Expression | undefined {
    const isNot = this.#accept("!");
    if (!isNot && !this.#accept("-")) return this.#postfix();
    const of = this.#unary();
    return of === undefined ? undefined : { kind: "call", name: isNot ? "!" : "negate", args: [of] };
  }

  #postfix(): Expression | undefined {
    let of = this.#primary();
    while (of !== undefined) {
      if (this.#accept(".")) of = this.#member(of);
      else if (this.#accept("[")) {
        const key = this.binary(0);
        of = key === undefined || !this.#accept("]") ? undefined : { kind: "select", of, key };
      } else return of;
    }
    return undefined;
  }

  #member(of: Expression): Expression | undefined {
    const { kind, text } = this.#take();
    if (kind !== "word") return undefined;
    if (!this.#accept("(")) return { kind: "select", of, key: { kind: "literal", value: text } };
    const args = this.#items(")");
    return args === undefined ? undefined : { kind: "call", name: text, args: [of, ...args] };
  }

  #primary(): Expression | undefined {
    const { kind, text } = this.#take();
    if (kind === "int") return { kind: "literal", value: BigInt(text) };
    if (kind === "double") return { kind: "literal", value: Number(text) };
    if (kind === "text") return { kind: "literal", value: text };
    if (kind === "word") return this.#word(text);
    if (text === "[") {
      const items = this.#items("]");
      return items === undefined ? undefined : { kind: "list", items };
    }
    const inner = text === "(" ? this.binary(0) : undefined;
    return inner !== undefined && this.#accept(")") ? inner : undefined;
  }

  #word(text: string): Expression | undefined {
    if (text === "true" || text === "false") return { kind: "literal", value: text === "true" };
    if (!this.#accept("(")) return { kind: "name", name: text };
    const args = this.#items(")");
    return args === undefined ? undefined : { kind: "call", name: text, args };
  }

  #items(closing: string): readonly Expression[] | undefined {
    const items: Expression[] = [];
    while (!this.#accept(closing)) {
      if (items.length > 0 && !this.#accept(",")) return undefined;
      const item = this.binary(0);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  get #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #take(): Token {
    const token = this.#peek;
    if (token !== END) this.#at += 1;
    return token;
  }

  #accept(sign: string): boolean {
    if (this.#peek.kind !== "sign" || this.#peek.text !== sign) return false;
    this.#at += 1;
    return true;
  }
}
