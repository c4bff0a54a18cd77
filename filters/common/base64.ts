const PADDING: u8 = 61; // =

/** Bytes that `length` characters of padded base64 decode to, or -1 if no such text exists. */
export function base64DecodedLength(at: usize, length: i32): i32 {
  if (length == 0 || (length & 3) != 0) return -1;
  let bytes = (length >> 2) * 3;
  if (load<u8>(at + length - 1) == PADDING) bytes--;
  if (load<u8>(at + length - 2) == PADDING) bytes--;
  return bytes;
}

/** Decodes padded base64 (RFC 4648, section 4) to `to`, where `base64DecodedLength` bytes are free; false if malformed. */
export function base64Decode(at: usize, length: i32, to: usize): bool {
  const size = base64DecodedLength(at, length);
  if (size < 0) return false;
  let written = 0;
  for (let i = 0; i < length; i += 4) {
    let group: u32 = 0;
    for (let k = 0; k < 4; k++) {
      const byte = load<u8>(at + i + k);
      const last = i + k >= length - 2 && byte == PADDING && load<u8>(at + length - 1) == PADDING;
      const value = last ? 0 : valueOf(byte);
      if (value < 0) return false;
      group = (group << 6) | value;
    }
    for (let shift = 16; shift >= 0 && written < size; shift -= 8) {
      store<u8>(to + written, <u8>(group >> shift));
      written++;
    }
  }
  return true;
}

function valueOf(byte: u8): i32 {
  if (byte - 65 < 26) return byte - 65;
  if (byte - 97 < 26) return byte - 71;
  if (byte - 48 < 10) return byte + 4;
  if (byte == 43) return 62;
  if (byte == 47) return 63;
  return -1;
}
