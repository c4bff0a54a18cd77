/** A range of ports, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Hands out ports that depend on nothing but the names asked for: a hash says where to begin, and whoever comes first
 * in the caller's (sorted) order keeps a contested port. A restarted control plane thus allots the same again.
 */
export class PortAllotment {
  readonly #range: PortRange;
  readonly #taken: Set<number>;

  /** `reserved` are ports that are in use already, in the range or not. */
  constructor(range: PortRange, reserved: Iterable<number>) {
    this.#range = range;
    this.#taken = new Set(reserved);
  }

  /** The port for a name; undefined when the range is used up. */
  allot(name: string): number | undefined {
    const { first, last } = this.#range;
    const size = last - first + 1;
    const start = fnv1a(name) % size;
    for (let step = 0; step < size; step++) {
      const port = first + ((start + step) % size);
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    return undefined;
  }
}

/** FNV-1a, 32 bits, over UTF-16 units: stable for ever, which is all that is asked of it. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
