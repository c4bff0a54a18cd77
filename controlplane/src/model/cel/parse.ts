import type { CelNode, CelOperator, CelProblem } from "./syntax.ts";
import { tokenize, type CelToken } from "./tokens.ts";

/** Deeper than anyone writes; bounds the parser's own stack. */
const MAX_DEPTH = 32;

/** From the loosest to the tightest. */
const LEVELS: readonly (readonly CelOperator[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

/** Reads an expression of the Common Expression Language: its syntax only. Maps and raw or byte texts are left out. */
export function parseCel(text: string): CelNode | CelProblem {
  const tokens = tokenize(text);
  return "message" in tokens ? tokens : new Parser(tokens).parse();
}

class Parser {
  readonly #tokens: readonly CelToken[];
  #place = 0;
  #depth = 0;
  /** The first problem; from then on the parser stands at the end, and what it returns is not used. */
  #problem: CelProblem | undefined;

  constructor(tokens: readonly CelToken[]) {
    this.#tokens = tokens;
  }

  parse(): CelNode | CelProblem {
    const node = this.#expression();
    const rest = this.#token;
    if (rest.kind !== "end") this.#fail(rest, `${quoted(rest)} was not expected`);
    return this.#problem ?? node;
  }

  get #token(): CelToken {
    // The last token is the end, and nothing steps over it.
    return this.#tokens[this.#place] ?? { kind: "end", text: "", at: 0 };
  }

  #expression(): CelNode {
    if (++this.#depth > MAX_DEPTH) return this.#fail(this.#token, `it is nested deeper than ${MAX_DEPTH} levels`);
    const condition = this.#binary(0);
    const { at } = this.#token;
    let node = condition;
    if (this.#accept("?")) {
      const yes = this.#expression();
      this.#expect(":");
      node = { kind: "operator", operator: "?:", args: [condition, yes, this.#expression()], at };
    }
    this.#depth--;
    return node;
  }

  #binary(level: number): CelNode {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { at, kind, text } = this.#token;
      const operator = kind === "text" ? undefined : operators.find((one) => one === text);
      if (operator === undefined) return left;
      this.#place++;
      left = { kind: "operator", operator, args: [left, this.#binary(level + 1)], at };
    }
  }

  #unary(): CelNode {
    const { at } = this.#token;
    const operator = this.#accept("!") ? "!" : this.#accept("-") ? "neg" : undefined;
    if (operator === undefined) return this.#member();
    if (++this.#depth > MAX_DEPTH) return this.#fail(this.#token, `it is nested deeper than ${MAX_DEPTH} levels`);
    const node: CelNode = { kind: "operator", operator, args: [this.#unary()], at };
    this.#depth--;
    return node;
  }

  #member(): CelNode {
    let node = this.#primary();
    for (;;) {
      const { at } = this.#token;
      if (this.#accept(".")) {
        const field = this.#name();
        node = this.#accept("(")
          ? { kind: "call", name: field, target: node, args: this.#list(")"), at }
          : { kind: "select", of: node, field, at };
      } else if (this.#accept("[")) {
        node = { kind: "index", of: node, index: this.#expression(), at };
        this.#expect("]");
      } else {
        return node;
      }
    }
  }

  #primary(): CelNode {
    const token = this.#token;
    const { kind, text, at } = token;
    if (this.#accept("(")) {
      const node = this.#expression();
      this.#expect(")");
      return node;
    }
    if (this.#accept("[")) return { kind: "list", items: this.#list("]"), at };
    if (kind === "end" || kind === "symbol") return this.#fail(token, `a value is missing before ${quoted(token)}`);
    this.#place++;
    if (kind === "text") return { kind: "literal", value: text, at };
    if (kind === "number") return { kind: "literal", value: Number(text.replace("u", "")), at };
    const word = { true: true, false: false, null: null }[text];
    if (word !== undefined) return { kind: "literal", value: word, at };
    return this.#accept("(")
      ? { kind: "call", name: text, args: this.#list(")"), at }
      : { kind: "name", name: text, at };
  }

  /** What is separated by commas, up to the closing bracket, which is taken, too. */
  #list(end: string): readonly CelNode[] {
    const items: CelNode[] = [];
    if (this.#accept(end)) return items;
    do items.push(this.#expression());
    while (this.#accept(","));
    this.#expect(end);
    return items;
  }

  #name(): string {
    const token = this.#token;
    if (token.kind !== "name") this.#fail(token, `a name is missing before ${quoted(token)}`);
    else this.#place++;
    return token.text;
  }

  #accept(symbol: string): boolean {
    const { kind, text } = this.#token;
    if (kind !== "symbol" || text !== symbol) return false;
    this.#place++;
    return true;
  }

  #expect(symbol: string): void {
    const token = this.#token;
    if (!this.#accept(symbol)) this.#fail(token, `${symbol} is missing before ${quoted(token)}`);
  }

  #fail({ at }: CelToken, message: string): CelNode {
    this.#problem ??= { at, message };
    this.#place = this.#tokens.length - 1;
    return { kind: "literal", value: null, at };
  }
}

function quoted({ kind, text }: CelToken): string {
  if (kind === "end") return "the end";
  return kind === "text" ? JSON.stringify(text) : text;
}
