import { NONE } from "../format.ts";
import type { Table } from "../program-writer.ts";

const WORD_BITS = 32;

/** A block of addresses: the words of the address, of which the first `bits` count. */
export interface IpBlock {
  readonly version: 4 | 6;
  readonly words: readonly number[];
  readonly bits: number;
}

/** Reads `ADDRESS/BITS`, which has been checked, and clears the bits that do not count. */
export function parseBlock(text: string): IpBlock {
  const [address = "", bits = ""] = text.split("/");
  const version = address.includes(":") ? 6 : 4;
  const words = version === 6 ? wordsOfIpv6(address) : [wordOfIpv4(address)];
  const count = Number(bits);
  return { version, bits: count, words: words.map((word, index) => keepBits(word, count - index * WORD_BITS)) };
}

function wordOfIpv4(address: string): number {
  return address.split(".").reduce((word, part) => ((word << 8) | Number(part)) >>> 0, 0);
}

function wordsOfIpv6(address: string): number[] {
  const [head = [], tail] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const groups =
    tail === undefined ? [...head] : [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return [0, 2, 4, 6].map(
    (at) => ((Number.parseInt(groups[at] ?? "0", 16) << 16) | Number.parseInt(groups[at + 1] ?? "0", 16)) >>> 0,
  );
}

function keepBits(word: number, bits: number): number {
  if (bits <= 0) return 0;
  return bits >= WORD_BITS ? word : (word & (-1 << (WORD_BITS - bits))) >>> 0;
}

interface Entry {
  readonly block: IpBlock;
  readonly matcher: number;
}

/**
 * Appends the radix tree of some blocks of one version, all different, to a table, parents before children. Returns its
 * root, or NONE for an empty tree. A record: how many bits its address has, four words, matcher, child for bit 0, for bit 1.
 */
export function addIpTree(entries: readonly Entry[], table: Table): number {
  const [first] = entries;
  if (first === undefined) return NONE;
  const bits = Math.min(...entries.map(({ block }) => commonBits(first.block, block)));
  const here = entries.find(({ block }) => block.bits === bits);
  const below = entries.filter((entry) => entry !== here);
  const words = [0, 1, 2, 3].map((index) => keepBits(first.block.words[index] ?? 0, bits - index * WORD_BITS));
  const record = [bits, ...words, here?.matcher ?? NONE, NONE, NONE];
  const index = table.add(...record);
  const at = index * table.recordWords;
  for (const bit of [0, 1]) {
    table.words[at + 6 + bit] = addIpTree(
      below.filter(({ block }) => bitAt(block, bits) === bit),
      table,
    );
  }
  return index;
}

function bitAt({ words }: IpBlock, bit: number): number {
  return ((words[Math.floor(bit / WORD_BITS)] ?? 0) >>> (WORD_BITS - 1 - (bit % WORD_BITS))) & 1;
}

function commonBits(a: IpBlock, b: IpBlock): number {
  const limit = Math.min(a.bits, b.bits);
  for (const [index, word] of a.words.entries()) {
    const differing = Math.clz32(word ^ (b.words[index] ?? 0));
    if (differing < WORD_BITS) return Math.min(limit, index * WORD_BITS + differing);
  }
  return limit;
}
