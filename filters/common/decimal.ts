/** Writes a number in decimal digits (ten at most) to `to`; returns how many they are. */
export function writeDecimal(value: u32, to: usize): i32 {
  let digits = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) digits++;
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(to + i, <u8>(48 + (value % 10)));
    value /= 10;
  }
  return digits;
}
