import type { EncodedResource } from "./types.ts";

/** All of `from` that `start` refers to, and what that refers to. */
export function reachable(start: EncodedResource, from: readonly EncodedResource[]): EncodedResource[] {
  const found: EncodedResource[] = [];
  const queue = [start];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const source = next;
    for (const each of from) {
      if (each === start || found.includes(each) || !mentions(source, each)) continue;
      found.push(each);
      queue.push(each);
    }
  }
  return found;
}

const encoder = new TextEncoder();

/**
 * Whether the name of a resource stands in another's bytes. Every reference is a string field, at whatever depth, so this
 * needs no knowledge of the types; a name that stands there for another reason keeps a resource that nobody uses.
 */
export function mentions({ value, endpoint }: EncodedResource, { kind, name }: EncodedResource): boolean {
  if (kind === "endpoint" && endpoint === name) return true;
  const text = encoder.encode(name);
  return text.length > 0 && indexOf(value, text) >= 0;
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  const first = part[0] ?? 0;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
