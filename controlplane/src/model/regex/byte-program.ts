import { compileRunes, type RuneProgram, type RuneStep } from "./rune-program.ts";
import { utf8Automaton, type ByteNode } from "./utf8-automaton.ts";

/** What a filter's memory is made for; also a few thousand bytes in every request's route. */
export const MAX_STEPS = 2000;

const Op = { fail: 0, match: 1, range: 2, set: 3, split: 4, jump: 5, save: 6, assert: 7 } as const;
const HEADER_BYTES = 4;
const WORD = 4;
const SET_BYTES = 32;
const MAX_SETS = 255;

/** A pattern as what a filter runs, or the reason why it cannot be. */
export type CompiledRegex = { readonly bytes: Uint8Array } | { readonly problem: string };

/**
 * A pattern that RE2 accepts, compiled to a program over bytes (docs/policy-program.md, regular expressions). Of its
 * groups the first `groups` are captured.
 */
export function compileRegex(pattern: string, groups: number): CompiledRegex {
  const writer = new ByteWriter(compileRunes(pattern), groups);
  writer.writeAll();
  return writer.finish();
}

/** The pattern that matches only what `pattern` matches as a whole. */
export function wholeMatch(pattern: string): string {
  return String.raw`\A(?:${pattern})\z`;
}

/** How many groups a pattern has. */
export function groupCount(pattern: string): number {
  return compileRunes(pattern).groups;
}

/** A place in the program, which may not be known yet: a step of the pattern's, or a node in reading a character. */
type Label = number | string;

class ByteWriter {
  readonly #runes: RuneProgram;
  readonly #slots: number;
  readonly #words: { readonly op: number; readonly a: number; readonly to: Label | undefined }[] = [];
  readonly #places = new Map<Label, number>();
  readonly #sets: Uint8Array[] = [];
  readonly #setIds = new Map<string, number>();
  readonly #open: number[] = [];

  constructor(runes: RuneProgram, groups: number) {
    this.#runes = runes;
    this.#slots = 2 * (groups + 1);
  }

  /** Each way through the pattern in a line, as far as it is not written yet; the less preferred ones later. */
  writeAll(): void {
    this.#open.push(this.#runes.start);
    for (let index = this.#open.pop(); index !== undefined; index = this.#open.pop()) {
      if (!this.#places.has(index)) this.#writeLine(index);
      if (this.#words.length > MAX_STEPS) return;
    }
  }

  finish(): CompiledRegex {
    const count = this.#words.length;
    if (count > MAX_STEPS) return { problem: `it comes to more than ${MAX_STEPS} steps` };
    if (this.#sets.length > MAX_SETS) return { problem: `it has more than ${MAX_SETS} different classes` };
    const sets = HEADER_BYTES + count * WORD;
    const bytes = new Uint8Array(sets + this.#sets.length * SET_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, count, true);
    bytes[2] = this.#slots;
    bytes[3] = this.#sets.length;
    for (const [index, { op, a, to }] of this.#words.entries()) {
      const place = to === undefined ? 0 : (this.#places.get(to) ?? 0);
      view.setUint32(HEADER_BYTES + index * WORD, op | (a << 8) | (place << 16), true);
    }
    for (const [index, set] of this.#sets.entries()) bytes.set(set, sets + index * SET_BYTES);
    return { bytes };
  }

  #writeLine(first: number): void {
    for (let next: number | undefined = first; next !== undefined;) {
      if (this.#places.has(next)) {
        this.#add(Op.jump, 0, next);
        return;
      }
      this.#places.set(next, this.#words.length);
      next = this.#writeStep(next, this.#runes.steps[next] ?? { op: "fail" });
    }
  }

  /** The step that follows at once. */
  #writeStep(index: number, step: RuneStep): number | undefined {
    switch (step.op) {
      case "split":
        this.#add(Op.split, 0, step.other);
        this.#open.push(step.other);
        return step.preferred;
      case "save":
        // The match's own ends are known without.
        if (step.slot >= 2 && step.slot < this.#slots) this.#add(Op.save, step.slot);
        return step.next;
      case "assert":
        this.#add(Op.assert, step.conditions);
        return step.next;
      case "jump":
        return step.next;
      case "rune":
        return this.#writeRune(index, step.ranges, step.next);
      case "match":
      case "fail":
        this.#add(Op[step.op]);
        return undefined;
      default:
        return step satisfies never;
    }
  }

  /** Reads one character; what follows stands behind it. */
  #writeRune(index: number, ranges: readonly number[], next: number): number | undefined {
    const nodes: { readonly node: ByteNode; readonly label: string }[] = [];
    const labelOf = (node: ByteNode): string => {
      const known = nodes.find((one) => one.node === node);
      if (known !== undefined) return known.label;
      const label = `${index}/${nodes.length}`;
      nodes.push({ node, label });
      return label;
    };
    const root = utf8Automaton(ranges);
    if (root.edges.length === 0) {
      this.#add(Op.fail);
      return undefined;
    }
    labelOf(root);
    let endsHere = false;
    for (let i = 0; i < nodes.length && this.#words.length <= MAX_STEPS; i++) {
      const { node, label } = nodes[i] ?? { node: root, label: "" };
      this.#places.set(label, this.#words.length);
      for (const [edge, { bytes, to }] of node.edges.entries()) {
        const isLast = edge === node.edges.length - 1;
        if (!isLast) this.#add(Op.split, 0, `${label}/${edge}`);
        this.#addBytes(bytes);
        const target = to === undefined ? next : labelOf(to);
        // The last edge of the last node, if the character ends there, needs no jump.
        endsHere = isLast && to === undefined && i === nodes.length - 1;
        const isBehind = isLast && to !== undefined && nodes[i + 1]?.node === to;
        if (!endsHere && !isBehind) this.#add(Op.jump, 0, target);
        if (!isLast) this.#places.set(`${label}/${edge}`, this.#words.length);
      }
    }
    if (endsHere) return next;
    this.#open.push(next);
    return undefined;
  }

  #addBytes(ranges: readonly (readonly [number, number])[]): void {
    const [only, second] = ranges;
    if (only !== undefined && second === undefined)
      this.#words.push({ op: Op.range, a: only[0] | (only[1] << 8), to: undefined });
    else this.#words.push({ op: Op.set, a: this.#setOf(ranges) << 8, to: undefined });
  }

  #setOf(ranges: readonly (readonly [number, number])[]): number {
    const set = new Uint8Array(SET_BYTES);
    for (const [low, high] of ranges) {
      for (let byte = low; byte <= high; byte++) set[byte >> 3] = (set[byte >> 3] ?? 0) | (1 << (byte & 7));
    }
    const key = set.join();
    const known = this.#setIds.get(key);
    if (known !== undefined) return known;
    this.#setIds.set(key, this.#sets.length);
    return this.#sets.push(set) - 1;
  }

  #add(op: number, a = 0, to?: Label): void {
    this.#words.push({ op, a, to });
  }
}
