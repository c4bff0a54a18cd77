import { Bytes, getProperty, requestHeaders, responseHeaders } from "proxy-wasm-assemblyscript-sdk";
import { stringAt, stringLength } from "../common/program";
import { REMEMBERED, REQUEST_HEADER, RESPONSE_HEADER, STRINGS, TEXT } from "./config";
import { partAt, partCount } from "./decide";
import { Remembered } from "./remembered";

/** Longer values are cut: no header of a request that Envoy takes is longer than 60 KiB. */
const MAX_BYTES: i32 = 16_384;
const DELETE: u8 = 127;

let room = new StaticArray<u8>(MAX_BYTES);

/**
 * The value of an operation, made of its parts; a view that the next call writes over. Null where it asks for facts and
 * none of them is there. A fact that cannot stand in a header (bytes that are no text) counts as not there.
 */
export function valueOf(program: usize, operation: usize, remembered: Remembered | null): Bytes | null {
  let written = 0;
  let asks = false;
  let knows = false;
  for (let i: u32 = 0, count = partCount(operation); i < count; i++) {
    const part = partAt(program, operation, i);
    const text = textOf(program, load<u32>(part, 4));
    const kind = load<u32>(part);
    const value =
      kind == TEXT ? text : kind == REMEMBERED ? rememberedOf(program, part, remembered) : factOf(kind, text);
    if (kind != TEXT) {
      asks = true;
      if (value === null || !isText(value)) continue;
      knows = true;
    }
    if (value === null) continue;
    const size = min(value.length, MAX_BYTES - written);
    memory.copy(changetype<usize>(room) + written, value.ptr, size);
    written += size;
  }
  return asks && !knows ? null : Bytes.wrap(changetype<usize>(room), written);
}

function rememberedOf(program: usize, part: usize, remembered: Remembered | null): Bytes | null {
  return remembered === null ? null : remembered.valueOf(program, part);
}

function factOf(kind: u32, name: Bytes): Bytes | null {
  if (kind == REQUEST_HEADER) return requestHeaders.get(name);
  if (kind == RESPONSE_HEADER) return responseHeaders.get(name);
  return getProperty(name);
}

function isText(value: Bytes): bool {
  for (let i = 0; i < value.length; i++) {
    const byte = value.at(i);
    if ((byte < 32 && byte != 9) || byte == DELETE) return false;
  }
  return true;
}

function textOf(program: usize, index: u32): Bytes {
  return Bytes.wrap(stringAt(program, STRINGS, index), stringLength(program, STRINGS, index));
}
