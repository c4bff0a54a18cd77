import { WrappedRE2 } from "re2-wasm/build/wasm/re2.js";

/**
 * RE2 itself, compiled to WebAssembly: the engine that Envoy has. Its objects live in its memory until `free`. Texts
 * have characters of the basic plane only, since it counts others as it likes.
 */
export class Re2 {
  readonly #engine: WrappedRE2;

  constructor(pattern: string) {
    this.#engine = new WrappedRE2(pattern, false, false, false);
  }

  get problem(): string | undefined {
    return this.#engine.ok() ? undefined : this.#engine.error();
  }

  /** RE2's GlobalReplace, told again over RE2's own matches. Undefined where there is no match. */
  replaceAll(text: string, substitute: (groups: readonly string[]) => string): string | undefined {
    let made = "";
    let at = 0;
    let lastEnd = -1;
    let count = 0;
    while (at <= text.length) {
      const { match, index, groups } = this.#engine.match(text, at, true);
      if (index < 0) break;
      made += text.slice(at, index);
      at = index + match.length;
      if (match === "" && index === lastEnd) {
        made += text.slice(at, at + 1);
        at++;
        continue;
      }
      made += substitute([match, ...groups.map((group) => group ?? "")]);
      lastEnd = at;
      count++;
    }
    return count === 0 ? undefined : made + text.slice(at);
  }

  free(): void {
    // Of every class that Emscripten binds; the typings leave it out.
    (this.#engine as unknown as { delete(): void }).delete();
  }
}
