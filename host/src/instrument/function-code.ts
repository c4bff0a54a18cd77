import { Cursor } from "../wasm/cursor.ts";
import { type Instruction, readInstruction } from "../wasm/instruction.ts";
import type { WasmFunction } from "../wasm/module.ts";

/** A function's body, divided into its locals and its code. */
export interface FunctionCode {
  readonly fn: WasmFunction;
  /** Of the first instruction. */
  readonly start: number;
  /** Behind the last `end`. */
  readonly end: number;
  /** How many groups the declaration of locals has, and where the first one begins. */
  readonly localGroups: number;
  readonly groupsOffset: number;
  /** Parameters and locals together: the index of a local that is added. */
  readonly locals: number;
}

/** Divides a body. Throws `Malformed` for one that is none. */
export function functionCode(bytes: Uint8Array, fn: WasmFunction): FunctionCode {
  const end = fn.bodyOffset + fn.bodySize;
  const cursor = new Cursor(bytes, fn.bodyOffset, end);
  const localGroups = cursor.count();
  const groupsOffset = cursor.at;
  let locals = fn.type.params.length;
  for (let group = 0; group < localGroups; group++) {
    locals += cursor.u32();
    cursor.byte();
  }
  return { fn, start: cursor.at, end, localGroups, groupsOffset, locals };
}

/** Every instruction in order, and the offset behind it. Throws `Malformed` for one that is not known. */
export function eachInstruction(
  bytes: Uint8Array,
  code: FunctionCode,
  visit: (instruction: Instruction, next: number) => void,
): void {
  const cursor = new Cursor(bytes, code.start, code.end);
  while (!cursor.done) visit(readInstruction(cursor), cursor.at);
}
