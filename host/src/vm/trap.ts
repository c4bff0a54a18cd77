import { messageOf } from "../error.ts";
import type { Trap } from "../core/guest.ts";
import { codeFrame } from "../source-map/code-frame.ts";
import { positionText, type SourcePosition } from "../source-map/index.ts";
import type { Compiled } from "./compile.ts";

/** A frame of V8's stack of a module: `at NAME (wasm://wasm/ID:wasm-function[12]:0x1a3)`, without a name for some. */
const FRAME = /at (?:(.+) \()?wasm:\/\/wasm\/[^)\s]*?wasm-function\[(\d+)\]:0x([0-9a-f]+)/;

interface Frame {
  readonly name: string;
  /** In the module as its author has it. */
  readonly offset: number;
  /** The frame is in code that this host has built in: the fuel was used up. */
  readonly isMeter: boolean;
  readonly position: SourcePosition | undefined;
}

/** What a call into a module threw, as a value: functions by name, places by file and line where the source map is known. */
export function toTrap(thrown: unknown, callback: string, compiled: Compiled): Trap {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  const frames = stack
    .split("\n")
    .map((line) => parseFrame(line, compiled))
    .filter((frame) => frame !== undefined);
  const [inner] = frames;
  return {
    message: overLimit(thrown, callback, inner, compiled) ?? withPlace(messageOf(thrown), inner, compiled),
    callback,
    function: inner?.name ?? "(no function of the module)",
    backtrace: frames.map(frameText),
  };
}

/** The words for a callback that was stopped. A stack that overflows may do so at a meter, too. */
function overLimit(
  thrown: unknown,
  callback: string,
  frame: Frame | undefined,
  compiled: Compiled,
): string | undefined {
  if (frame?.isMeter !== true || messageOf(thrown) !== "unreachable") return undefined;
  const limit = compiled.instructions.toLocaleString("en");
  const what = `looping callback: ${callback} ran over its limit of ${limit} instructions in function ${frameText(frame)}`;
  return `${what}${frameOf(frame, compiled)}`;
}

function withPlace(message: string, frame: Frame | undefined, compiled: Compiled): string {
  if (frame?.position === undefined) return message;
  return `${message} at ${positionText(frame.position)}${frameOf(frame, compiled)}`;
}

/** The lines of source, if they are known. */
function frameOf({ position }: Frame, { sourceMap }: Compiled): string {
  const lines = position === undefined || sourceMap === undefined ? undefined : codeFrame(sourceMap, position);
  return lines === undefined ? "" : `\n${lines}`;
}

function frameText({ name, offset, position }: Frame): string {
  return `${name} (${position === undefined ? `0x${offset.toString(16)}` : positionText(position)})`;
}

function parseFrame(line: string, { source, built, sourceMap }: Compiled): Frame | undefined {
  const match = FRAME.exec(line);
  if (match?.[2] === undefined || match[3] === undefined) return undefined;
  const index = Number(match[2]);
  const fresh = Number.parseInt(match[3], 16);
  const offset = typeof built === "string" ? fresh : built.offsets.toOriginal(fresh);
  const body = source?.functions.find((fn) => fn.index === index);
  return {
    // V8 puts the module's own name before the function's when there is one: `filter.wasm.decide`.
    name: body?.name ?? match[1]?.replace(/^.*\.wasm\./, "") ?? `wasm-function[${index}]`,
    offset,
    isMeter: typeof built !== "string" && built.offsets.isAdded(fresh),
    position: sourceMap?.at(offset, body?.bodyOffset, body && body.bodyOffset + body.bodySize),
  };
}
