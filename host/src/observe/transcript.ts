import type { CallResult } from "../core/guest.ts";
import type { Value } from "../core/host-call.ts";
import type { VmState } from "../core/vm-state.ts";
import type { Observer } from "../vm/tools.ts";
import { argumentTexts, resultTexts, statusText } from "./values.ts";

/** Bytes of which only the number is known. */
export interface Unseen {
  readonly length: number;
}

/** A call of the host into a module. */
export interface CallbackEntry {
  readonly kind: "callback";
  /** Which of the host's VMs, counted from 1. */
  readonly vm: number;
  /** Such as `proxy_on_request_headers`. */
  readonly name: string;
  readonly rootId: string;
  /** The context's id is the first. */
  readonly args: readonly number[];
}

/** A callback's end. */
export interface ReturnEntry {
  readonly kind: "return";
  readonly vm: number;
  readonly name: string;
  readonly value: number | undefined;
  readonly trap?: string;
}

/** A call of a module to the host. */
export interface HostCallEntry {
  readonly kind: "host call";
  readonly vm: number;
  readonly name: string;
  /** Decoded; none when the call was refused or its pointers were bad. */
  readonly args: readonly (Value | Unseen)[];
  readonly status: number;
  readonly results: readonly (Value | Unseen)[];
}

/** One crossing between a host and a module. */
export type TranscriptEntry = CallbackEntry | ReturnEntry | HostCallEntry;

/** Writes down everything that an observer sees. */
export function recorder(entries: TranscriptEntry[]): Observer {
  const numbers = new Map<VmState, number>();
  const numberOf = (vm: VmState): number => {
    const number = numbers.get(vm) ?? numbers.size + 1;
    numbers.set(vm, number);
    return number;
  };
  return {
    callback: (vm, name, args) =>
      entries.push({ kind: "callback", vm: numberOf(vm), name, rootId: vm.root?.rootId ?? "", args: [...args] }),
    returned: (vm, name, result) => entries.push(returnEntry(numberOf(vm), name, result)),
    // Bytes are the module's memory or a buffer: both change later.
    hostCall: (vm, name, args, status, results) =>
      entries.push({
        kind: "host call",
        vm: numberOf(vm),
        name,
        args: args.map(copy),
        status,
        results: results.map(copy),
      }),
  };
}

/** How a callback ended. */
export function returnEntry(vm: number, name: string, result: CallResult): ReturnEntry {
  return result.ok
    ? { kind: "return", vm, name, value: result.value }
    : { kind: "return", vm, name, value: undefined, trap: result.trap.message };
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

/** An entry as a line; none for a return without a value. */
export function entryText(entry: TranscriptEntry): string | undefined {
  if (entry.kind === "callback") return `${entry.name}(${entry.args.join(", ")})`;
  if (entry.kind === "host call") {
    const { name, args, status, results } = entry;
    const given = [statusText(status), ...resultTexts(name, results)].join(" ");
    return `${name}(${argumentTexts(name, args).join(", ")}) -> ${given}`;
  }
  if (entry.trap !== undefined) return `trap: ${entry.trap.split("\n")[0] ?? ""}`;
  return entry.value === undefined ? undefined : `-> ${entry.value}`;
}
