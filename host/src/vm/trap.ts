import { messageOf } from "../error.ts";
import type { Trap } from "../core/guest.ts";

/** A frame of V8's stack of a module: `at NAME (wasm://wasm/ID:wasm-function[12]:0x1a3)`, without a name for some. */
const FRAME = /at (?:(.+) \()?wasm:\/\/wasm\/[^)\s]*?wasm-function\[(\d+)\]:(0x[0-9a-f]+)/;

/** What a call into a module threw, as a value. */
export function toTrap(thrown: unknown, callback: string): Trap {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  const frames = stack
    .split("\n")
    .map(parseFrame)
    .filter((frame) => frame !== undefined);
  return {
    message: messageOf(thrown),
    callback,
    function: frames[0]?.name ?? "(no function of the module)",
    backtrace: frames.map((frame) => `${frame.name} (${frame.offset})`),
  };
}

function parseFrame(line: string): { name: string; offset: string } | undefined {
  const match = FRAME.exec(line);
  if (match?.[3] === undefined) return undefined;
  // V8 puts the module's own name before the function's when there is one: `filter.wasm.decide`.
  return { name: match[1]?.replace(/^.*\.wasm\./, "") ?? `wasm-function[${match[2]}]`, offset: match[3] };
}
