const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Up to this length a loop is faster than the platform's coder; headers are mostly shorter. */
const SHORT = 48;

/** UTF-8 of a text; bytes are passed through. */
export function toBytes(value: string | Uint8Array): Uint8Array {
  if (typeof value !== "string") return value;
  return (value.length <= SHORT ? shortAscii(value) : undefined) ?? encoder.encode(value);
}

/** Text of UTF-8 bytes. What is no UTF-8 becomes U+FFFD: use the bytes where that matters. */
export function toText(bytes: Uint8Array): string {
  return (bytes.length <= SHORT ? shortText(bytes) : undefined) ?? decoder.decode(bytes);
}

/** Texts that were decoded before: modules ask for the same few names again and again. */
const recent: string[] = Array.from({ length: 1024 }, () => "");

/** The text of a few ASCII bytes, out of those that were decoded before if it is among them. */
function shortText(bytes: Uint8Array): string | undefined {
  let hash = bytes.length;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x80) return undefined;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = (hash ^ (hash >>> 10)) & 1023;
  const held = recent[slot] ?? "";
  if (isText(bytes, held)) return held;
  const text = String.fromCharCode(...bytes);
  recent[slot] = text;
  return text;
}

function isText(bytes: Uint8Array, text: string): boolean {
  if (text.length !== bytes.length) return false;
  for (let index = 0; index < bytes.length; index++) if (text.charCodeAt(index) !== bytes[index]) return false;
  return true;
}

function shortAscii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return undefined;
    bytes[index] = code;
  }
  return bytes;
}

/** Two runs of bytes in one. */
export function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
