import { Bytes, getProperty, requestHeaders, responseHeaders } from "proxy-wasm-assemblyscript-sdk";
import { stringAt, stringLength } from "../common/program";
import { hasRequestPairs, requestPairs } from "../shell/request-pairs";
import { STRINGS } from "./config";
import { give, Leaves } from "./expression";
import { NUMBER_PROPERTY, REQUEST_HEADER, RESPONSE_HEADER, TRUTH_PROPERTY } from "./steps";

const NO_TEXT = String.UTF8.encode("false");
const YES_TEXT = String.UTF8.encode("true");
const DIGITS: i32 = 20;
const MAX_NUMBERS: i32 = 64;
const MINUS: u8 = 45;

/** Texts of the numbers that one expression reads. */
const digits = memory.data(20 * 64);

/** What an expression's facts are read from: the headers and properties of the request at hand. */
export class HostLeaves extends Leaves {
  private program: usize = 0;
  private numbers: i32 = 0;

  /** Another expression of a program. */
  begin(program: usize): void {
    this.program = program;
    this.numbers = 0;
  }

  read(code: u32, operand: u32): void {
    const name = Bytes.wrap(stringAt(this.program, STRINGS, operand), stringLength(this.program, STRINGS, operand));
    if (code == REQUEST_HEADER) giveBytes(requestHeader(name));
    else if (code == RESPONSE_HEADER) giveBytes(responseHeaders.get(name));
    else if (code == NUMBER_PROPERTY) this.giveNumber(getProperty(name));
    else if (code == TRUTH_PROPERTY) giveTruth(getProperty(name));
    else giveBytes(getProperty(name));
  }

  private giveNumber(value: Bytes | null): void {
    if (value === null || value.length != 8 || this.numbers == MAX_NUMBERS) return;
    const text = digits + this.numbers++ * DIGITS;
    give(text, writeNumber(load<i64>(value.ptr), text));
  }
}

/** By the list of headers if another policy has read it, which costs no host call; a name that stands there twice is asked for. */
function requestHeader(name: Bytes): Bytes | null {
  if (!hasRequestPairs()) return requestHeaders.get(name);
  const pairs = requestPairs();
  let at: usize = 0;
  let length = 0;
  while (pairs.next()) {
    if (!pairs.name.equals(name)) continue;
    if (at != 0) return requestHeaders.get(name);
    at = pairs.value.ptr;
    length = pairs.value.length;
  }
  return at == 0 ? null : Bytes.wrap(at, length);
}

function giveBytes(value: Bytes | null): void {
  if (value !== null) give(value.ptr, value.length);
}

function giveTruth(value: Bytes | null): void {
  if (value === null || value.length != 1) return;
  const text = load<u8>(value.ptr) != 0 ? YES_TEXT : NO_TEXT;
  give(changetype<usize>(text), text.byteLength);
}

function writeNumber(value: i64, to: usize): i32 {
  const isNegative = value < 0;
  let rest = isNegative ? ~(<u64>value) + 1 : <u64>value;
  let count = 1;
  for (let more = rest / 10; more > 0; more /= 10) count++;
  if (isNegative) store<u8>(to++, MINUS);
  for (let i = count - 1; i >= 0; i--) {
    store<u8>(to + i, <u8>(48 + (rest % 10)));
    rest /= 10;
  }
  return count + i32(isNegative);
}
