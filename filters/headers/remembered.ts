import { Bytes, requestHeaders } from "proxy-wasm-assemblyscript-sdk";
import { copyBytes } from "../common/bytes";
import { stringAt, stringLength, tableAt, tableCount } from "../common/program";
import { PART_BYTES, PARTS, REMEMBERED, STRINGS } from "./config";

/**
 * Headers of a request that its response's headers speak of: when the response comes, Envoy no longer tells them.
 */
export class Remembered {
  /** By the index of the part; null for other parts, and for headers that are not there. */
  private values: Array<StaticArray<u8> | null> = [];

  /** When the request's headers have come. */
  begin(program: usize): void {
    let part = tableAt(program, PARTS);
    for (let i: u32 = 0, count = tableCount(program, PARTS); i < count; i++, part += PART_BYTES) {
      const value = load<u32>(part) == REMEMBERED ? requestHeaders.get(nameOf(program, part)) : null;
      this.values.push(value === null ? null : copyBytes(value.ptr, value.length));
    }
  }

  /** The value of a part; null where it is not there. */
  valueOf(program: usize, part: usize): Bytes | null {
    const index = <i32>((part - tableAt(program, PARTS)) / PART_BYTES);
    if (index >= this.values.length) return null;
    const value = this.values[index];
    return value === null ? null : Bytes.of(value);
  }
}

/** Whether a program speaks of the request's headers in the response's. */
export function remembers(program: usize): bool {
  let part = tableAt(program, PARTS);
  for (let i: u32 = 0, count = tableCount(program, PARTS); i < count; i++, part += PART_BYTES) {
    if (load<u32>(part) == REMEMBERED) return true;
  }
  return false;
}

function nameOf(program: usize, part: usize): Bytes {
  const text = load<u32>(part, 4);
  return Bytes.wrap(stringAt(program, STRINGS, text), stringLength(program, STRINGS, text));
}
