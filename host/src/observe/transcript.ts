import type { CallResult } from "../core/guest.ts";
import type { Value } from "../core/host-call.ts";
import type { Observer } from "../vm/tools.ts";
import { argumentTexts, resultTexts, statusText } from "./values.ts";

/** One crossing between a host and a module. */
export type TranscriptEntry =
  | {
      readonly kind: "callback";
      /** Such as `proxy_on_request_headers`. */
      readonly name: string;
      readonly rootId: string;
      /** The context's id is the first. */
      readonly args: readonly number[];
    }
  | { readonly kind: "return"; readonly name: string; readonly value: number | undefined; readonly trap?: string }
  | {
      readonly kind: "host call";
      readonly name: string;
      /** Decoded; none when the call was refused or its pointers were bad. */
      readonly args: readonly Value[];
      readonly status: number;
      readonly results: readonly Value[];
    };

/** Writes down everything that an observer sees. */
export function recorder(entries: TranscriptEntry[]): Observer {
  return {
    callback: (vm, name, args) =>
      entries.push({ kind: "callback", name, rootId: vm.root?.rootId ?? "", args: [...args] }),
    returned: (_vm, name, result) => entries.push(returned(name, result)),
    // Bytes are the module's memory or a buffer: both change later.
    hostCall: (_vm, name, args, status, results) =>
      entries.push({ kind: "host call", name, args: args.map(copy), status, results: results.map(copy) }),
  };
}

function returned(name: string, result: CallResult): TranscriptEntry {
  return result.ok
    ? { kind: "return", name, value: result.value }
    : { kind: "return", name, value: undefined, trap: result.trap.message };
}

function copy(value: Value): Value {
  return value instanceof Uint8Array ? value.slice() : value;
}

/**
 * A transcript as lines for people and for snapshots: a callback, the host calls that it makes below it, and what it
 * returns. The same in every run; nothing is left out but the end of bytes that are longer than 256.
 */
export function formatTranscript(entries: readonly TranscriptEntry[]): string[] {
  const lines: string[] = [];
  let depth = 0;
  for (const entry of entries) {
    const line = entryText(entry);
    if (line !== undefined) lines.push(`${"  ".repeat(depth)}${line}`);
    if (entry.kind === "callback") depth += 1;
    // A transcript may begin inside a callback.
    if (entry.kind === "return") depth = Math.max(0, depth - 1);
  }
  return lines;
}

function entryText(entry: TranscriptEntry): string | undefined {
  if (entry.kind === "callback") return `${entry.name}(${entry.args.join(", ")})`;
  if (entry.kind === "host call") {
    const { name, args, status, results } = entry;
    const given = [statusText(status), ...resultTexts(name, results)].join(" ");
    return `${name}(${argumentTexts(name, args).join(", ")}) -> ${given}`;
  }
  if (entry.trap !== undefined) return `trap: ${entry.trap.split("\n")[0] ?? ""}`;
  return entry.value === undefined ? undefined : `-> ${entry.value}`;
}
