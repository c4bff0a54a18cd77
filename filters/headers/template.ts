import { Bytes, getProperty, requestHeaders, responseHeaders, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { writeNumber, writeTime } from "../common/civil-time";
import { stringAt, stringLength } from "../common/program";
import { HOST, NUMBER, REMEMBERED, REQUEST_HEADER, RESPONSE_HEADER, STRINGS, TEXT, TIME } from "./config";
import { partAt, partCount } from "./decide";
import { Remembered } from "./remembered";

/** Longer values are cut: no header of a request that Envoy takes is longer than 60 KiB. */
export const MAX_BYTES: i32 = 16_384;
const DELETE: u8 = 127;
const COLON: u8 = 58;
const OPENING: u8 = 91;
const REQUEST_TIME = utf8("request\0time");

/** Where a header's new value is made. */
export const room = new StaticArray<u8>(MAX_BYTES);
/** Where the digits of a number are; 20 are the most. */
const number = memory.data(24);

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
    const operand = load<u32>(part, 4);
    const kind = load<u32>(part);
    const value =
      kind == REMEMBERED
        ? rememberedOf(program, part, remembered)
        : kind == TIME
          ? timeOf(operand)
          : kind == TEXT
            ? textOf(program, operand)
            : factOf(kind, textOf(program, operand));
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
  const value = getProperty(name);
  if (value === null) return null;
  if (kind == NUMBER) return value.length == 8 ? digitsOf(load<u64>(value.ptr)) : null;
  return kind == HOST ? hostOf(value) : value;
}

/** As Envoy keeps it when the request's first byte comes. */
function timeOf(field: u32): Bytes | null {
  const time = getProperty(REQUEST_TIME);
  if (time === null || time.length != 8) return null;
  return Bytes.wrap(number, writeTime(load<i64>(time.ptr), field, number));
}

function digitsOf(value: u64): Bytes {
  return Bytes.wrap(number, writeNumber(value, 0, number));
}

/** An address without its port, and without the brackets of IPv6. */
function hostOf(address: Bytes): Bytes {
  let end = address.length;
  while (end > 0 && address.at(end - 1) != COLON) end--;
  if (end == 0) return address;
  const isBracketed = address.at(0) == OPENING && end > 2;
  return isBracketed ? Bytes.wrap(address.ptr + 1, end - 3) : Bytes.wrap(address.ptr, end - 1);
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
