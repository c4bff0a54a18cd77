import type { EncodedResource } from "./types.ts";

/** Per class of proxies, the bytes that one of them has accepted. Bytes that nobody holds any more are forgotten. */
export class Accepted {
  readonly #byClass = new Map<string, WeakSet<Uint8Array>>();

  add(proxyClass: string, { value }: EncodedResource): void {
    let set = this.#byClass.get(proxyClass);
    if (set === undefined) {
      set = new WeakSet();
      this.#byClass.set(proxyClass, set);
    }
    set.add(value);
  }

  /** By proxies of a class, or of any. */
  has({ value }: EncodedResource, proxyClass?: string): boolean {
    if (proxyClass !== undefined) return this.#byClass.get(proxyClass)?.has(value) === true;
    return [...this.#byClass.values()].some((set) => set.has(value));
  }
}
