import { covers, isWildcard } from "../model/index.ts";

/** The more specific of two overlapping hosts, or undefined where no name is in both. */
export function intersection(a: string, b: string): string | undefined {
  if (a === b) return a;
  return covers(a, b) ? b : covers(b, a) ? a : undefined;
}

/**
 * Values by host, found as Envoy finds virtual hosts: the exact host first, then the longest wildcard that covers it.
 * The first value that is put under a host stays.
 */
export class HostMap<V> {
  readonly #exact = new Map<string, V>();
  /** Suffixes after the `*`. */
  readonly #wildcards = new Map<string, V>();

  /** Returns false where the host has a value already. */
  add(host: string, value: V): boolean {
    const [map, key] = isWildcard(host) ? [this.#wildcards, host.slice(1)] : [this.#exact, host];
    if (map.has(key)) {
      return false;
    }
    map.set(key, value);
    return true;
  }

  /** The value under exactly this host or wildcard. */
  own(host: string): V | undefined {
    return isWildcard(host) ? this.#wildcards.get(host.slice(1)) : this.#exact.get(host);
  }

  values(): readonly V[] {
    return [...this.#exact.values(), ...this.#wildcards.values()];
  }

  find(host: string): V | undefined {
    return this.own(host) ?? this.#findWildcard(host);
  }

  // Tries the suffixes of the host, longest first: its cost is the host's length, not the number of wildcards.
  #findWildcard(host: string): V | undefined {
    if (this.#wildcards.size === 0) {
      return undefined;
    }
    const name = isWildcard(host) ? host.slice(1) : host;
    for (let start = isWildcard(host) ? 0 : 1; start <= name.length; start++) {
      const value = this.#wildcards.get(name.slice(start));
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }
}
