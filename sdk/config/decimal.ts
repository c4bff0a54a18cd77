import { allocate } from "../wire/arena";

// From decimal digits to the nearest double, exactly: the digits are halved and doubled until the number's binary
// exponent is known and its 53 bits are the integer part. Slow (microseconds) and short; `jsonF64` takes it only for
// numbers of many digits or large exponents.

/** Digits beyond these can't change a double, beyond the fact that one of them is not 0. */
const MAX_DIGITS: i32 = 800;
/** How many digits one doubling step may add. */
const SPARE_DIGITS: i32 = 24;
/** So many bits at once leave room for a digit in 64. */
const MAX_SHIFT: i32 = 50;
const EXPONENT_BIAS: i32 = 1023;
const MANTISSA_BITS: i32 = 53;

/** A number 0.d1d2d3... times 10 to the power of `point`. In the arena. */
@unmanaged
class Decimal {
  digits: usize;
  count: i32;
  point: i32;
  /** Digits other than 0 were left out. */
  truncated: bool;

  at(index: i32): u32 {
    return load<u8>(this.digits + index);
  }

  /** Sets a digit; one that is beyond the limit only counts for rounding. */
  set(index: i32, digit: u64): void {
    if (index < MAX_DIGITS) store<u8>(this.digits + index, <u8>digit);
    else if (digit) this.truncated = true;
  }

  /** Leaves out zeros at the end. */
  trim(count: i32): void {
    count = min(count, MAX_DIGITS);
    while (count > 0 && this.at(count - 1) == 0) --count;
    this.count = count;
    if (count == 0) this.point = 0;
  }

  /** Divides by 2 to the power of `bits`. */
  halve(bits: u64): void {
    let read = 0;
    let rest: u64 = 0;
    while (rest >> bits == 0 && (rest != 0 || read < this.count)) {
      rest = rest * 10 + (read < this.count ? this.at(read) : 0);
      ++read;
    }
    this.point -= read - 1;
    const mask = ((<u64>1) << bits) - 1;
    let written = 0;
    while (read < this.count || rest > 0) {
      const next = read < this.count ? this.at(read) : 0;
      this.set(written++, rest >> bits);
      rest = (rest & mask) * 10 + next;
      ++read;
    }
    this.trim(written);
  }

  /** Multiplies by 2 to the power of `bits`. */
  double(bits: i32): void {
    let carry: u64 = 0;
    let slot = this.count + SPARE_DIGITS;
    for (let index = this.count - 1; index >= 0 || carry > 0; --index) {
      if (index >= 0) carry += (<u64>this.at(index)) << bits;
      store<u8>(this.digits + --slot, <u8>(carry % 10));
      carry /= 10;
    }
    const count = this.count + SPARE_DIGITS - slot;
    this.point += count - this.count;
    memory.copy(this.digits, this.digits + slot, count);
    for (let index = MAX_DIGITS; index < count; ++index) {
      if (this.at(index)) this.truncated = true;
    }
    this.trim(count);
  }

  /** The integer part, rounded; halves to the even one. */
  round(): u64 {
    let value: u64 = 0;
    for (let index = 0; index < this.point; ++index) value = value * 10 + (index < this.count ? this.at(index) : 0);
    const point = this.point;
    if (point < 0 || point >= this.count) return value;
    const half = this.at(point) == 5 && point + 1 == this.count && !this.truncated;
    return value + (half ? value & 1 : u64(this.at(point) >= 5));
  }
}

/**
 * The double nearest to a number in JSON's form, without a sign. Too large ones are Infinity.
 * @param exponent what follows its `e`, already read
 */
export function decimalToF64(text: usize, length: i32, exponent: i32): f64 {
  const decimal = readDigits(text, length);
  if (decimal.count == 0) return 0;
  const point = <i64>decimal.point + exponent;
  if (point > 310) return Infinity;
  if (point < -330) return 0;
  decimal.point = <i32>point;
  return toF64(decimal);
}

function readDigits(text: usize, length: i32): Decimal {
  const decimal = changetype<Decimal>(allocate(offsetof<Decimal>()));
  decimal.digits = allocate(MAX_DIGITS + 2 * SPARE_DIGITS);
  decimal.count = 0;
  decimal.point = 0;
  decimal.truncated = false;
  let count = 0;
  let isFraction = false;
  for (let index = 0; index < length; ++index) {
    const byte = load<u8>(text + index);
    if (byte == 0x2e) {
      isFraction = true;
      continue;
    }
    const digit = <u32>byte - 0x30;
    if (digit > 9) break;
    if (count > 0 || digit > 0) decimal.set(count++, digit);
    // A digit before the point moves it, and so does a 0 between the point and the first digit.
    if (!isFraction && count > 0) ++decimal.point;
    else if (isFraction && count == 0) --decimal.point;
  }
  const point = decimal.point;
  decimal.trim(count);
  decimal.point = point;
  return decimal;
}

function toF64(decimal: Decimal): f64 {
  let exponent = 0;
  // Into [0.5, 1): 2 to the power of 3 is below 10, so no step goes too far.
  while (decimal.point > 0) {
    const bits = min(27, decimal.point * 3);
    decimal.halve(bits);
    exponent += bits;
  }
  while (decimal.point < 0 || decimal.at(0) < 5) {
    const bits = decimal.point < 0 ? min(27, -decimal.point * 3) : 1;
    decimal.double(bits);
    exponent -= bits;
  }
  --exponent;
  // Below the smallest exponent the number keeps fewer bits.
  for (let missing = 1 - EXPONENT_BIAS - exponent; missing > 0; missing = 1 - EXPONENT_BIAS - exponent) {
    const bits = min(missing, MAX_SHIFT);
    decimal.halve(bits);
    exponent += bits;
  }
  decimal.double(MANTISSA_BITS);
  let mantissa = decimal.round();
  if (mantissa >> MANTISSA_BITS) {
    mantissa >>= 1;
    ++exponent;
  }
  if (exponent > EXPONENT_BIAS) return Infinity;
  const hidden = (<u64>1) << (MANTISSA_BITS - 1);
  const biased: u64 = mantissa & hidden ? exponent + EXPONENT_BIAS : 0;
  return reinterpret<f64>((biased << (MANTISSA_BITS - 1)) | (mantissa & (hidden - 1)));
}
