// The part of the WebAssembly API that a check of a module needs. Node has it, but neither lib.es2024 nor @types/node
// declares it, and lib.dom would bring the whole browser.

/** One import or export of a module. */
export interface ModuleItem {
  readonly name: string;
  readonly kind: string;
}

export interface ModuleImport extends ModuleItem {
  readonly module: string;
}

interface ModuleConstructor {
  /** Throws a CompileError for bytes that are not a valid module. */
  new (bytes: Uint8Array): object;
  imports(module: object): ModuleImport[];
  exports(module: object): ModuleItem[];
}

// The global has no type here: this line gives it one.
const wasm: { readonly Module: ModuleConstructor } = Reflect.get(globalThis, "WebAssembly");

export const WasmModule = wasm.Module;
