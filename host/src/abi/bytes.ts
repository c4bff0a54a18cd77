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
  if (bytes.length > SHORT) return decoder.decode(bytes);
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return decoder.decode(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
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
