import { Bytes } from "proxy-wasm-assemblyscript-sdk";

/** The bytes that base64url text without padding stands for (RFC 4648, section 5), in the text's place; null when it is none. */
export function decodeBase64Url(text: Bytes): Bytes | null {
  if (text.length % 4 == 1) return null;
  let bits: u32 = 0;
  let length = 0;
  for (let index = 0; index < text.length; ++index) {
    const digit = digitOf(text.at(index));
    if (digit > 63) return null;
    bits = (bits << 6) | digit;
    // Behind the first digit of four there is no whole byte yet; behind each other one there is one more.
    const held = index & 3;
    if (held != 0) store<u8>(text.ptr + length++, <u8>(bits >>> (6 - 2 * held)));
  }
  return text.slice(0, length);
}

function digitOf(char: u8): u32 {
  const upper = <u32>char - 65;
  if (upper < 26) return upper;
  const lower = <u32>char - 97;
  if (lower < 26) return lower + 26;
  const number = <u32>char - 48;
  if (number < 10) return number + 52;
  return char == 45 ? 62 : char == 95 ? 63 : 255;
}
