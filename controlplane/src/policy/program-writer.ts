import { checksum, FORMAT_VERSION, HEADER_BYTES, MAGIC } from "./format.ts";
import type { PolicyId } from "./format.ts";

const WORD = 4;
const REFERENCE_WORDS = 2;
const STRING_RECORD_WORDS = 2;

const encoder = new TextEncoder();

/** The strings of one program, each kept once. */
export class StringTable {
  /** By one character for each byte, so that equal keys are equal bytes. */
  readonly #indexOf = new Map<string, number>();
  /** The same by text, for what was given as such. */
  readonly #indexOfText = new Map<string, number>();
  readonly #encoded: Uint8Array[] = [];

  /** The index by which records name `text`. */
  intern(text: string): number {
    const known = this.#indexOfText.get(text);
    if (known !== undefined) return known;
    const index = this.internBytes(encoder.encode(text));
    this.#indexOfText.set(text, index);
    return index;
  }

  /** As `intern`, of bytes that need not be text: parts of strings may begin inside of a character. */
  internBytes(bytes: Uint8Array): number {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    const known = this.#indexOf.get(key);
    if (known !== undefined) return known;
    const index = this.#encoded.length;
    this.#indexOf.set(key, index);
    this.#encoded.push(bytes);
    return index;
  }

  get encoded(): readonly Uint8Array[] {
    return this.#encoded;
  }
}

/** Records of equal size, laid out as unsigned 32-bit words. */
export class Table {
  readonly words: number[] = [];
  readonly recordWords: number;

  constructor(recordWords: number) {
    this.recordWords = recordWords;
  }

  get count(): number {
    return this.words.length / this.recordWords;
  }

  /** Appends a record and returns its index. */
  add(...record: readonly number[]): number {
    const index = this.count;
    this.words.push(...record);
    return index;
  }
}

export interface ProgramParts {
  readonly policy: PolicyId;
  /** Words that follow the common header. */
  readonly scalars: readonly number[];
  /** Absent where a program has neither strings nor tables. */
  readonly strings?: StringTable;
  readonly tables?: readonly Table[];
}

/**
 * Puts a program together: common header, scalars, one reference (byte offset, record count) for the string table and
 * for each table, the tables, and the strings' bytes last. Everything but those bytes is a little-endian u32 word.
 */
export function assembleProgram(parts: ProgramParts): Uint8Array {
  const tables = parts.tables ?? [];
  const strings = parts.strings?.encoded;
  const referenceCount = tables.length + (strings === undefined ? 0 : 1);
  let offset = HEADER_BYTES + (parts.scalars.length + referenceCount * REFERENCE_WORDS) * WORD;
  const words = [...parts.scalars];
  if (strings !== undefined) {
    words.push(offset, strings.length);
    offset += strings.length * STRING_RECORD_WORDS * WORD;
  }
  for (const table of tables) {
    words.push(offset, table.count);
    offset += table.words.length * WORD;
  }
  for (const text of strings ?? []) {
    words.push(offset, text.length);
    offset += text.length;
  }
  return encode(parts.policy, [words, ...tables.map((table) => table.words)], strings ?? [], offset);
}

function encode(
  policy: PolicyId,
  wordGroups: readonly (readonly number[])[],
  strings: readonly Uint8Array[],
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = HEADER_BYTES;
  for (const words of wordGroups) {
    for (const word of words) {
      view.setUint32(at, word, true);
      at += WORD;
    }
  }
  for (const text of strings) {
    bytes.set(text, at);
    at += text.length;
  }
  return seal(bytes, policy);
}

/** Writes the common header, when all that follows it stands. */
export function seal(bytes: Uint8Array, policy: PolicyId): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, policy, true);
  view.setUint16(6, FORMAT_VERSION[policy], true);
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, checksum(bytes.subarray(HEADER_BYTES)), true);
  return bytes;
}
