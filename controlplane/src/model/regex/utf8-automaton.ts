/** Both ends belong to it. */
type ByteRange = readonly [low: number, high: number];

/**
 * Where reading a character's bytes stands. Each edge leads on by its bytes, which no other edge has; `to` is undefined
 * where the character ends. Equal nodes are one object.
 */
export interface ByteNode {
  readonly edges: readonly { readonly bytes: readonly ByteRange[]; readonly to: ByteNode | undefined }[];
}

const ASCII = 0x7f;
const LAST = 0x10_ffff;
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, LAST] as const;
const CONTINUATION: ByteRange = [0x80, 0xbf];

/**
 * All beyond ASCII, as RE2 reads it: simpler than the truth, since it also takes overlong forms and what lies behind
 * the last code point.
 */
const BEYOND_ASCII: readonly (readonly ByteRange[])[] = [
  [[0xc2, 0xdf], CONTINUATION],
  [[0xe0, 0xef], CONTINUATION, CONTINUATION],
  [[0xf0, 0xf4], CONTINUATION, CONTINUATION, CONTINUATION],
];

/** How the bytes of one character are read; `ranges` are ascending code points, two for each range. */
export function utf8Automaton(ranges: readonly number[]): ByteNode {
  const sequences: (readonly ByteRange[])[] = [];
  for (let i = 0; i < ranges.length; i += 2) sequences.push(...sequencesOf(ranges[i] ?? 0, ranges[i + 1] ?? 0));
  return new NodeBuilder().nodeOf(sequences);
}

/** Makes nodes, each kind once. */
class NodeBuilder {
  readonly #known = new Map<string, { readonly node: ByteNode; readonly id: number }>();
  readonly #ids = new Map<ByteNode, number>();

  nodeOf(sequences: readonly (readonly ByteRange[])[]): ByteNode {
    const byFirst = new Map<string, { first: ByteRange; rest: (readonly ByteRange[])[] }>();
    for (const [first, ...rest] of sequences) {
      if (first === undefined) continue;
      const key = first.join();
      const group = byFirst.get(key) ?? { first, rest: [] };
      group.rest.push(rest);
      byFirst.set(key, group);
    }
    const byTarget = new Map<ByteNode | undefined, ByteRange[]>();
    for (const { first, rest } of byFirst.values()) {
      const to = rest.some((one) => one.length === 0) ? undefined : this.nodeOf(rest);
      byTarget.set(to, [...(byTarget.get(to) ?? []), first]);
    }
    return this.#unique([...byTarget].map(([to, bytes]) => ({ bytes: joined(bytes), to })));
  }

  #unique(edges: ByteNode["edges"]): ByteNode {
    const key = JSON.stringify(edges.map(({ bytes, to }) => [bytes, to === undefined ? 0 : this.#ids.get(to)]));
    const known = this.#known.get(key);
    if (known !== undefined) return known.node;
    const node = { edges };
    const id = this.#known.size + 1;
    this.#known.set(key, { node, id });
    this.#ids.set(node, id);
    return node;
  }
}

/** Ranges that touch are one. */
function joined(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const result: ByteRange[] = [];
  for (const [low, high] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last !== undefined && last[1] + 1 >= low) result[result.length - 1] = [last[0], Math.max(last[1], high)];
    else result.push([low, high]);
  }
  return result;
}

/** The bytes of all characters of a range, as sequences of ranges. */
function sequencesOf(low: number, high: number): readonly (readonly ByteRange[])[] {
  if (low > high) return [];
  for (const last of LAST_OF_LENGTH) {
    if (low <= last && high > last) return [...sequencesOf(low, last), ...sequencesOf(last + 1, high)];
    if (low === ASCII + 1 && high === LAST) return BEYOND_ASCII;
  }
  if (high <= ASCII) return [[[low, high]]];
  // Cut where a continuation byte does not run through all of its values.
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = (1 << bits) - 1;
    if ((low & ~mask) === (high & ~mask)) continue;
    if ((low & mask) !== 0) return [...sequencesOf(low, low | mask), ...sequencesOf((low | mask) + 1, high)];
    if ((high & mask) !== mask) return [...sequencesOf(low, (high & ~mask) - 1), ...sequencesOf(high & ~mask, high)];
  }
  const [from, to] = [encode(low), encode(high)];
  return [from.map((byte, i): ByteRange => [byte, to[i] ?? byte])];
}

/** UTF-8; halves of surrogate pairs are encoded as RE2 does it, as any other number. */
function encode(rune: number): readonly number[] {
  const tail = (shift: number): number => 0x80 | ((rune >> shift) & 0x3f);
  if (rune <= ASCII) return [rune];
  if (rune <= 0x7ff) return [0xc0 | (rune >> 6), tail(0)];
  if (rune <= 0xffff) return [0xe0 | (rune >> 12), tail(6), tail(0)];
  return [0xf0 | (rune >> 18), tail(12), tail(6), tail(0)];
}
