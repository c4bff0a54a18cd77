import { main as compile } from "assemblyscript/asc";
import { fileURLToPath } from "node:url";

const FILTERS = fileURLToPath(new URL("../../filters/", import.meta.url));
const PAGE_BYTES = 65_536;

/** The pure part of a filter, compiled by asc and run by Node: what the Envoy module decides with, without a host. */
export class PureFilter {
  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #memory: WebAssembly.Memory;
  #endPages: number | undefined;

  constructor(instance: WebAssembly.Instance) {
    this.#exports = instance.exports;
    const memory = instance.exports["memory"];
    if (!(memory instanceof WebAssembly.Memory)) throw new Error("the module exports no memory");
    this.#memory = memory;
  }

  /** Calls an exported function; a trap throws WebAssembly.RuntimeError. */
  call(name: string, ...args: readonly (number | bigint)[]): number {
    const exported = this.#exports[name];
    if (typeof exported !== "function") throw new Error(`the module exports no function ${name}`);
    return Number(exported(...args));
  }

  /** Copies bytes to where they stay, and returns the address. */
  put(bytes: Uint8Array): number {
    const at = this.call("allocate", Math.max(bytes.length, 1));
    new Uint8Array(this.#memory.buffer).set(bytes, at);
    return at;
  }

  /** Copies bytes to the very end of the memory, so that reading past them traps. */
  putAtEnd(bytes: Uint8Array): number {
    this.#endPages ??= this.#memory.grow(4) + 4;
    const at = this.#endPages * PAGE_BYTES - bytes.length;
    new Uint8Array(this.#memory.buffer).set(bytes, at);
    return at;
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes(at, length));
  }

  word(at: number): number {
    return new DataView(this.#memory.buffer).getUint32(at, true);
  }
}

/** Compiles `filters/NAME/golden-entry.ts` with the options that decide behaviour in the modules that ship. */
export async function loadPureFilter(name: string): Promise<PureFilter> {
  let binary: Uint8Array | undefined;
  const messages: string[] = [];
  const { error } = await compile(
    [
      `${name}/golden-entry.ts`,
      "--baseDir",
      FILTERS,
      "--outFile",
      "module.wasm",
      "--runtime",
      "minimal",
      "--use",
      "abort=",
      "--optimizeLevel",
      "3",
      "--noAssert",
    ],
    {
      stderr: {
        write: (message) => {
          messages.push(String(message));
        },
      },
      writeFile: (_file, contents) => {
        if (typeof contents !== "string") binary = contents;
      },
    },
  );
  if (error !== null || binary === undefined) throw new Error(messages.join(""), { cause: error });
  return new PureFilter(new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(binary))));
}
