/** A header or any other pair, as bytes. */
export type Pair = readonly [key: Uint8Array, value: Uint8Array];

/** What Envoy accepts from a module in one call (proxy-wasm-cpp-host's limits). */
export const MAX_PAIRS_BYTES: number = 1024 * 1024;
export const MAX_PAIRS = 1024;

/**
 * A list of pairs as the ABI has it: u32 count, then per pair u32 key length and u32 value length, then each key and value
 * followed by a NUL; all little-endian. No pairs are a lone 0.
 */
export function encodePairs(pairs: readonly Pair[]): Uint8Array {
  const payload = pairs.reduce((sum, [key, value]) => sum + key.length + value.length + 2, 0);
  const bytes = new Uint8Array(4 + pairs.length * 8 + payload);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, pairs.length, true);
  let at = 4 + pairs.length * 8;
  for (const [index, [key, value]] of pairs.entries()) {
    view.setUint32(4 + index * 8, key.length, true);
    view.setUint32(8 + index * 8, value.length, true);
    bytes.set(key, at);
    bytes.set(value, at + key.length + 1);
    at += key.length + value.length + 2;
  }
  return bytes;
}

/** The pairs, or why there are none. Envoy takes every error as an empty list, without a word. */
export type DecodedPairs =
  | { readonly ok: true; readonly pairs: readonly Pair[] }
  | { readonly ok: false; readonly error: string };

/**
 * Reads what `encodePairs` writes. No bytes at all are no pairs. The pairs are copies.
 * @param limited to what Envoy accepts
 */
export function decodePairs(bytes: Uint8Array, limited = true): DecodedPairs {
  if (bytes.length === 0) return { ok: true, pairs: [] };
  if (limited && bytes.length > MAX_PAIRS_BYTES) return fail(`${bytes.length} bytes are more than ${MAX_PAIRS_BYTES}`);
  if (bytes.length < 4) return fail("too short for a count");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (limited && count > MAX_PAIRS) return fail(`${count} pairs are more than ${MAX_PAIRS}`);
  let at = 4 + count * 8;
  if (at > bytes.length) return fail("too short for its lengths");
  const pairs: Pair[] = [];
  for (let index = 0; index < count; index++) {
    const keyEnd = at + view.getUint32(4 + index * 8, true);
    const valueEnd = keyEnd + 1 + view.getUint32(8 + index * 8, true);
    if (valueEnd >= bytes.length) return fail(`pair ${index} is cut short`);
    if (bytes[keyEnd] !== 0 || bytes[valueEnd] !== 0) return fail(`pair ${index} lacks a NUL`);
    pairs.push([bytes.slice(at, keyEnd), bytes.slice(keyEnd + 1, valueEnd)]);
    at = valueEnd + 1;
  }
  return { ok: true, pairs };
}

function fail(error: string): DecodedPairs {
  return { ok: false, error };
}
