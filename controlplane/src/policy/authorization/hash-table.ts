import { NONE } from "../format.ts";
import { Table } from "../program-writer.ts";

const SEEDS = 4;
/** So many places are looked at for a key at most, whatever a client sends. */
export const MAX_PROBES = 16;

export interface HashEntry {
  /** The key's hash under a seed. */
  readonly hash: (seed: number) => number;
  /** The record, whose last word is not NONE; a free place has NONE in all of its words. */
  readonly record: (hash: number) => readonly number[];
}

/**
 * Lays out a hash table with open addressing, at least twice as large as needed, a power of two: with the first seed by
 * which every key is found within MAX_PROBES places, and larger where no seed will do.
 */
export function layOut(
  entries: readonly HashEntry[],
  recordWords: number,
): { readonly table: Table; readonly seed: number } {
  let size = 2;
  while (size < entries.length * 2) size *= 2;
  for (;;) {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const words = place(entries, recordWords, size, seed);
      if (words === undefined) continue;
      const table = new Table(recordWords);
      for (let at = 0; at < words.length; at += 1) table.words.push(words[at] ?? 0);
      return { table, seed };
    }
    size *= 2;
  }
}

function place(
  entries: readonly HashEntry[],
  recordWords: number,
  size: number,
  seed: number,
): Uint32Array | undefined {
  const words = new Uint32Array(size * recordWords).fill(NONE);
  for (const { hash, record } of entries) {
    const value = hash(seed);
    let probes = 0;
    let slot = value & (size - 1);
    while (words[slot * recordWords + recordWords - 1] !== NONE) {
      slot = (slot + 1) & (size - 1);
      probes += 1;
      if (probes === MAX_PROBES) return undefined;
    }
    words.set(record(value), slot * recordWords);
  }
  return words;
}
