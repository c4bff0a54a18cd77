import type { Expression } from "./telemetry-expression.ts";

/** What a pattern of an alternative asks for: a text, which may have to begin or end the value. */
interface Piece {
  readonly text: string;
  readonly first: boolean;
  readonly last: boolean;
}

/** More alternatives than anyone means; each costs a comparison. */
const MAX_ALTERNATIVES = 16;
const MEANING = /[.*+?^${}()|[\]\\]/;

/**
 * `subject.matches(pattern)` without an interpreter of regular expressions: a pattern that stands for few texts is
 * comparisons with these. A text says what of the pattern stands for more. RE2: an unanchored match is enough.
 */
export function matchOf(subject: Expression, pattern: string): Expression | string {
  const reader = new Reader(pattern);
  const pieces = reader.alternatives();
  if (typeof pieces === "string") return pieces;
  const comparisons = pieces.map(({ text, first, last }): Expression => {
    const operation = first && last ? "equal" : first ? "startsWith" : last ? "endsWith" : "contains";
    return { operation, operands: [subject, { literal: text }] };
  });
  return comparisons.reduce((one, other) => ({ operation: "or", operands: [one, other] }));
}

/** Reads a pattern from left to right; what it cannot read is a text that says why. */
class Reader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  alternatives(): readonly Piece[] | string {
    const pieces: Piece[] = [];
    do {
      const first = this.#take("^");
      const opens = this.#take(".*");
      const texts = this.#sequence();
      if (typeof texts === "string") return texts;
      const ends = this.#take(".*");
      const last = this.#take("$");
      pieces.push(...texts.map((text) => ({ text, first: first && !opens, last: last && !ends })));
      if (pieces.length > MAX_ALTERNATIVES) return `it stands for more than ${MAX_ALTERNATIVES} texts`;
    } while (this.#take("|"));
    return this.#at === this.#pattern.length ? pieces : this.#refusal();
  }

  /** All texts that what follows can be, up to where something else begins. */
  #sequence(): readonly string[] | string {
    let texts: readonly string[] = [""];
    while (this.#at < this.#pattern.length && !this.#stops()) {
      const next = this.#item();
      if (typeof next === "string") return next;
      const all = this.#take("?") ? ["", ...next] : next;
      texts = texts.flatMap((text) => all.map((more) => text + more));
      if (texts.length > MAX_ALTERNATIVES) return `it stands for more than ${MAX_ALTERNATIVES} texts`;
    }
    return texts;
  }

  #stops(): boolean {
    return ["|", ")", "$", ".*", "^"].some((one) => this.#pattern.startsWith(one, this.#at));
  }

  #item(): readonly string[] | string {
    if (this.#take("(?:") || this.#take("(")) return this.#group();
    if (this.#take("[")) return this.#oneOf();
    if (this.#take("\\")) return this.#escaped();
    const [char = ""] = this.#pattern.slice(this.#at);
    if (MEANING.test(char)) return this.#refusal();
    this.#at += char.length;
    return [char];
  }

  #group(): readonly string[] | string {
    const texts: string[] = [];
    do {
      const some = this.#sequence();
      if (typeof some === "string") return some;
      texts.push(...some);
    } while (this.#take("|"));
    return this.#take(")") ? texts : this.#refusal();
  }

  #oneOf(): readonly string[] | string {
    const [whole, inside = ""] = /^([a-zA-Z0-9_/ -]+)\]/.exec(this.#pattern.slice(this.#at)) ?? [];
    if (whole === undefined) return this.#refusal();
    this.#at += whole.length;
    const chars = [...inside.matchAll(/(.)-(.)|./g)].flatMap(([char, from, to]) =>
      from === undefined || to === undefined ? [char] : between(from, to),
    );
    return chars.length > MAX_ALTERNATIVES ? `it stands for more than ${MAX_ALTERNATIVES} texts` : chars;
  }

  #escaped(): readonly string[] | string {
    const [char = ""] = this.#pattern.slice(this.#at);
    if (char === "d") {
      this.#at += 1;
      return between("0", "9");
    }
    if (!/^[^a-zA-Z0-9]$/.test(char)) return this.#refusal();
    this.#at += 1;
    return [char];
  }

  #take(text: string): boolean {
    const isThere = this.#pattern.startsWith(text, this.#at);
    if (isThere) this.#at += text.length;
    return isThere;
  }

  #refusal(): string {
    const rest = this.#pattern.slice(this.#at, this.#at + 8);
    return rest === "" ? "it ends too early" : `what "${rest}" stands for is too much`;
  }
}

function between(from: string, to: string): string[] {
  const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => String.fromCharCode(first + index));
}
