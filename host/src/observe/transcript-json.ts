import { toBytes } from "../abi/bytes.ts";
import type { Value } from "../core/host-call.ts";
import { messageOf } from "../error.ts";
import type { TranscriptEntry, Unseen } from "./transcript.ts";

/**
 * A transcript as JSON, an entry a line, for `parseTranscript`. Bytes are `{"text": ...}` when they are UTF-8, else
 * `{"base64": ...}`, a 64-bit number is `{"int": "..."}`.
 */
export function transcriptJson(entries: readonly TranscriptEntry[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry, written)).join(",\n")}\n]\n`;
}

/** The transcript, or what is wrong with the text. */
export type ParsedTranscript =
  | { readonly ok: true; readonly entries: readonly TranscriptEntry[] }
  | { readonly ok: false; readonly error: string };

/** Reads what `transcriptJson` writes. */
export function parseTranscript(text: string): ParsedTranscript {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, read);
  } catch (error) {
    return { ok: false, error: `no JSON: ${messageOf(error)}` };
  }
  if (!Array.isArray(parsed)) return { ok: false, error: "no transcript: it is a list of entries" };
  const entries: TranscriptEntry[] = [];
  for (const [index, entry] of parsed.entries()) {
    const checked = entryOf(entry);
    if (checked === undefined) {
      return { ok: false, error: `entry ${index + 1} is no callback, return or host call with its fields` };
    }
    entries.push(checked);
  }
  return { ok: true, entries };
}

/** JSON.stringify asks for each value, after a Uint8Array has become a Uint8Array still and a bigint a bigint. */
function written(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return { int: String(value) };
  if (!(value instanceof Uint8Array)) return value;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(value);
  return Buffer.compare(toBytes(text), value) === 0 ? { text } : { base64: Buffer.from(value).toString("base64") };
}

function read(_key: string, value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { text, base64, int } = value;
  if (typeof text === "string") return toBytes(text).slice();
  if (typeof base64 === "string") return Uint8Array.from(Buffer.from(base64, "base64"));
  return typeof int === "string" && /^-?\d+$/.test(int) ? BigInt(int) : value;
}

function entryOf(entry: unknown): TranscriptEntry | undefined {
  if (!isRecord(entry) || typeof entry["name"] !== "string" || typeof entry["vm"] !== "number") return undefined;
  const { kind, vm, name, args, value, trap, status, results, rootId } = entry;
  if (kind === "callback" && isListOf(args, isNumber) && typeof rootId === "string") {
    return { kind, vm, name, rootId, args };
  }
  if (kind === "return" && (value === undefined || typeof value === "number")) {
    return { kind, vm, name, value, ...(typeof trap === "string" ? { trap } : {}) };
  }
  if (kind === "host call" && isListOf(args, isValue) && isListOf(results, isValue) && typeof status === "number") {
    return { kind, vm, name, args, status, results };
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isListOf<T>(value: unknown, is: (element: unknown) => element is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isValue(value: unknown): value is Value | Unseen {
  if (isRecord(value)) return typeof value["length"] === "number";
  return typeof value === "number" || typeof value === "bigint" || value instanceof Uint8Array;
}
