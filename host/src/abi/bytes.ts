const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 of a text; bytes are passed through. */
export function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? encoder.encode(value) : value;
}

/** Text of UTF-8 bytes. What is no UTF-8 becomes U+FFFD: use the bytes where that matters. */
export function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
