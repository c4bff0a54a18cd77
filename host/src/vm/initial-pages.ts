const MEMORY_SECTION = 5;

/**
 * The pages of 64 KiB that a valid module's own memory begins with; undefined when it has none. Reads the binary itself,
 * since an engine only tells after it has reserved them.
 */
export function initialPages(bytes: Uint8Array): number | undefined {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at];
    const size = leb(bytes, at + 1);
    if (id === MEMORY_SECTION) {
      const count = leb(bytes, size.next);
      // A limit's flags are one byte, its minimum follows.
      return count.value === 0 ? undefined : leb(bytes, count.next + 1).value;
    }
    at = size.next + size.value;
  }
  return undefined;
}

function leb(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  let at = from;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return { value, next: at };
}
