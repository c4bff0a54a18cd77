import type { HostCall, Value } from "../core/host-call.ts";
import { hostCalls, legacyCalls } from "../core/calls/index.ts";
import type { TranscriptEntry, Unseen } from "./transcript.ts";

/** What one of Envoy's threads has logged. */
export interface EnvoyTrace {
  /** As the log has it; empty for a log format without threads. */
  readonly thread: string;
  /** Of all VMs of the thread, in the order of their happening. */
  readonly entries: readonly TranscriptEntry[];
}

const LINE = /\[(host->vm|host<-vm|vm->host|vm<-host)\] (?:env\.)?([\w.]+)(?:\((.*)\)| return: (\S+))/;
/** Envoy's default format: `[time][thread][level][logger]`. */
const THREAD = /^\[[^\]]*\]\[(\d+)\]/;
const TRAPPED = /Function: (proxy_\w+) failed: (.*)/;
const CALLS: Readonly<Record<string, HostCall>> = { ...hostCalls, ...legacyCalls };

/**
 * Reads the log of an Envoy that ran with `--component-log-level wasm:trace`. Envoy logs pointers and lengths, not what they
 * point at, so that bytes are numbers of bytes, and results are not there; WASI's calls and the allocator are left out.
 */
export function readEnvoyTrace(log: string): readonly EnvoyTrace[] {
  const threads = new Map<string, { entries: TranscriptEntry[]; calls: string[][] }>();
  for (const line of log.split("\n")) {
    const thread = THREAD.exec(line)?.[1] ?? "";
    const held = threads.get(thread) ?? { entries: [], calls: [] };
    if (read(line, held.entries, held.calls)) threads.set(thread, held);
  }
  return [...threads].map(([thread, { entries }]) => ({ thread, entries }));
}

/** @param calls the arguments of host calls that have not returned, the last one at the end */
function read(line: string, entries: TranscriptEntry[], calls: string[][]): boolean {
  const trapped = TRAPPED.exec(line);
  if (trapped?.[1] !== undefined) {
    entries.push({ kind: "return", vm: 1, name: trapped[1], value: undefined, trap: trapped[2] ?? "" });
    return true;
  }
  const [, way, name = "", args = "", returned = ""] = LINE.exec(line) ?? [];
  if (!name.startsWith("proxy_") || name === "proxy_on_memory_allocate") return false;
  const numbers = args === "" ? [] : args.split(", ");
  if (way === "host->vm") entries.push({ kind: "callback", vm: 1, name, rootId: "", args: numbers.map(Number) });
  else if (way === "host<-vm") {
    entries.push({ kind: "return", vm: 1, name, value: returned === "void" ? undefined : Number(returned) });
  } else if (way === "vm->host") calls.push(numbers);
  else {
    const decoded = argumentsOf(name, calls.pop() ?? []);
    entries.push({ kind: "host call", vm: 1, name, args: decoded, status: Number(returned), results: [] });
  }
  return true;
}

/** The arguments before the pointers to results. */
function argumentsOf(name: string, raw: readonly string[]): (Value | Unseen)[] {
  let used = 0;
  return (CALLS[name]?.params ?? []).map((param) => {
    if (param === "bytes") used += 1;
    const text = raw[used++] ?? "0";
    if (param === "bytes") return { length: Number(text) >>> 0 };
    if (param === "i64") return BigInt.asIntN(64, BigInt(text));
    return param === "u32" ? Number(text) >>> 0 : Number(text) | 0;
  });
}
