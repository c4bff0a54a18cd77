import { toBytes, toText } from "../abi/bytes.ts";
import type { Pair } from "../abi/pairs.ts";

/** A header as people write it: text, or bytes where a value is no UTF-8. */
export type Header = readonly [name: string, value: string | Uint8Array];

/** Headers or trailers with Envoy's rules: names in lower case, in order, pseudo-headers first, duplicates kept. */
export class HeaderMap {
  #entries: { readonly name: string; readonly value: Uint8Array }[] = [];

  constructor(headers: readonly Header[] = []) {
    for (const [name, value] of headers) this.add(name, toBytes(value));
  }

  /** The first value of that name. */
  get(name: string): Uint8Array | undefined {
    const wanted = name.toLowerCase();
    return this.#entries.find((entry) => entry.name === wanted)?.value;
  }

  /** As `get`, as text. */
  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : toText(value);
  }

  add(name: string, value: Uint8Array): void {
    const entry = { name: name.toLowerCase(), value };
    const firstRegular = this.#entries.findIndex((other) => !other.name.startsWith(":"));
    if (entry.name.startsWith(":") && firstRegular >= 0) this.#entries.splice(firstRegular, 0, entry);
    else this.#entries.push(entry);
  }

  /** Puts one value in the place of all of that name. */
  replace(name: string, value: Uint8Array): void {
    this.remove(name);
    this.add(name, value);
  }

  remove(name: string): void {
    const unwanted = name.toLowerCase();
    this.#entries = this.#entries.filter((entry) => entry.name !== unwanted);
  }

  /** Puts these pairs in the place of everything. */
  assign(pairs: readonly Pair[]): void {
    this.#entries = [];
    for (const [name, value] of pairs) this.add(toText(name), value);
  }

  /** As it is now, whatever happens to this one. */
  clone(): HeaderMap {
    const copy = new HeaderMap();
    copy.#entries = [...this.#entries];
    return copy;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Bytes of all names and values, which is what proxy_get_header_map_size tells. */
  get byteSize(): number {
    return this.#entries.reduce((sum, { name, value }) => sum + toBytes(name).length + value.length, 0);
  }

  pairs(): Pair[] {
    return this.#entries.map(({ name, value }) => [toBytes(name), value]);
  }

  /** Everything as text, for assertions. */
  toArray(): [name: string, value: string][] {
    return this.#entries.map(({ name, value }) => [name, toText(value)]);
  }
}
