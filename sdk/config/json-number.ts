import { decimalToF64 } from "./decimal";

// JSON's numbers: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?

function digitsFrom(at: usize, end: usize): usize {
  while (at < end && <u32>load<u8>(at) - 0x30 <= 9) ++at;
  return at;
}

function isOneOf(at: usize, end: usize, first: u8, second: u8): bool {
  return at < end && (load<u8>(at) == first || load<u8>(at) == second);
}

/** Where the number that begins here ends; 0 when it is not one. */
export function jsonNumberEnd(at: usize, end: usize): usize {
  if (isOneOf(at, end, 0x2d, 0x2d)) ++at;
  const whole = at;
  at = digitsFrom(at, end);
  if (at == whole) return 0;
  if (load<u8>(whole) == 0x30) at = whole + 1;
  if (isOneOf(at, end, 0x2e, 0x2e)) {
    const fraction = ++at;
    at = digitsFrom(at, end);
    if (at == fraction) return 0;
  }
  if (isOneOf(at, end, 0x65, 0x45)) {
    ++at;
    if (isOneOf(at, end, 0x2b, 0x2d)) ++at;
    const exponent = at;
    at = digitsFrom(at, end);
    if (at == exponent) return 0;
  }
  return at;
}

/** Whether a number is written without fraction and exponent. */
export function isJsonInteger(at: usize, end: usize): bool {
  if (load<u8>(at) == 0x2d) ++at;
  return digitsFrom(at, end) == end;
}

/** Whether an integer fits in 64 bits with a sign. */
export function fitsI64(at: usize, end: usize): bool {
  const negative = load<u8>(at) == 0x2d;
  if (negative) ++at;
  const limit: u64 = <u64>i64.MAX_VALUE + u64(negative);
  let value: u64 = 0;
  for (; at < end; ++at) {
    const digit = <u64>load<u8>(at) - 0x30;
    if (value > (limit - digit) / 10) return false;
    value = value * 10 + digit;
  }
  return true;
}

/** The value of an integer that fits. */
export function jsonI64(at: usize, end: usize): i64 {
  const negative = load<u8>(at) == 0x2d;
  if (negative) ++at;
  let value: i64 = 0;
  for (; at < end; ++at) value = value * 10 + (<i64>load<u8>(at) - 0x30);
  return negative ? -value : value;
}

/** Integers up to this one are exact in a double. */
const MAX_EXACT: u64 = 1 << 53;
/** Powers of ten up to this one are exact in a double. */
const MAX_EXACT_POWER: i32 = 22;

/** The double nearest to a number; too large ones are infinite. */
export function jsonF64(at: usize, end: usize): f64 {
  const negative = load<u8>(at) == 0x2d;
  if (negative) ++at;
  const first = at;
  let mantissa: u64 = 0;
  let scale = 0;
  let isFraction = false;
  for (; at < end; ++at) {
    const byte = load<u8>(at);
    if (byte == 0x2e) isFraction = true;
    else if (<u32>byte - 0x30 > 9) break;
    else {
      // Beyond the limit it only has to stay beyond it.
      if (mantissa <= MAX_EXACT) mantissa = mantissa * 10 + (byte - 0x30);
      if (isFraction) --scale;
    }
  }
  const exponent = at < end ? exponentOf(at + 1, end) : 0;
  const power = scale + exponent;
  let value: f64;
  // One rounding of two exact numbers is the nearest double.
  if (mantissa <= MAX_EXACT && abs(power) <= MAX_EXACT_POWER) {
    value = power < 0 ? <f64>mantissa / powerOfTen(-power) : <f64>mantissa * powerOfTen(power);
  } else value = decimalToF64(first, <i32>(end - first), exponent);
  return negative ? -value : value;
}

function powerOfTen(power: i32): f64 {
  let value: f64 = 1;
  while (power-- > 0) value *= 10;
  return value;
}

/** What follows the `e`. Large ones are cut off where no double is left. */
function exponentOf(at: usize, end: usize): i32 {
  const negative = load<u8>(at) == 0x2d;
  if (negative || load<u8>(at) == 0x2b) ++at;
  let value = 0;
  for (; at < end; ++at) value = min(value * 10 + (<i32>load<u8>(at) - 0x30), 100_000_000);
  return negative ? -value : value;
}
