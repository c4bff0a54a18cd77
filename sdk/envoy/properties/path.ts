import { allocate } from "../../wire/arena";
import { Bytes } from "../../wire/bytes";

/**
 * A property's path that is not known while compiling, for `getProperty`: `prefix` ends in NUL, and NUL parts `first`
 * and `second`. Lives in the arena.
 */
export function joinPath(prefix: Bytes, first: Bytes, second: Bytes | null = null): Bytes {
  const length = prefix.length + first.length + (second ? second.length + 1 : 0);
  const ptr = allocate(<usize>length);
  memory.copy(ptr, prefix.ptr, <usize>prefix.length);
  memory.copy(ptr + prefix.length, first.ptr, <usize>first.length);
  if (second) {
    const rest = ptr + prefix.length + first.length;
    store<u8>(rest, 0);
    memory.copy(rest + 1, second.ptr, <usize>second.length);
  }
  return Bytes.wrap(ptr, length);
}
