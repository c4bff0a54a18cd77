/** What a WebAssembly module holds, as read from its bytes. All offsets count from the module's first byte. */
export interface WasmModule {
  readonly ok: true;
  readonly bytes: Uint8Array;
  /** In the order of the file. */
  readonly sections: readonly WasmSection[];
  readonly types: readonly FunctionType[];
  readonly imports: readonly WasmImport[];
  /** The module's own functions; their indices begin behind the imported ones. */
  readonly functions: readonly WasmFunction[];
  readonly exports: readonly WasmExport[];
  /** Its own memories; an imported one is among the imports. */
  readonly memories: readonly MemoryLimits[];
  readonly globals: readonly WasmGlobal[];
  /** Index of the function that runs when the module is instantiated. */
  readonly start: number | undefined;
  /** The names that the name section has, by function index; imported functions may have one as well. */
  readonly functionNames: ReadonlyMap<number, string>;
  /** The module's own name in its name section. */
  readonly name: string | undefined;
  /** Where the source map is, as the module says. */
  readonly sourceMappingUrl: string | undefined;
  /** What made the module, such as `{ field: "processed-by", name: "binaryen", version: "123" }`. */
  readonly producers: readonly Producer[];
  /** Custom sections that could not be read. An engine does not care for them, so the module is still good. */
  readonly problems: readonly string[];
}

/** Why bytes are no WebAssembly module that this reader knows. */
export interface WasmError {
  readonly ok: false;
  /** What is wrong, with the offset in words. */
  readonly error: string;
  /** Of the byte that is wrong. */
  readonly offset: number;
}

export interface WasmSection {
  /** 0 is a custom section. */
  readonly id: number;
  /** The custom section's own name, else the specification's: `type`, `import`, `code`... */
  readonly name: string;
  /** Of the contents; of a custom section, behind its name. */
  readonly offset: number;
  /** Of the contents in bytes. */
  readonly size: number;
  /** Of the section's id byte, and of the first byte behind the section. */
  readonly start: number;
  readonly end: number;
}

/** i32, i64, f32, f64, v128, funcref, externref. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "funcref" | "externref";

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export type ExternKind = "function" | "table" | "memory" | "global" | "tag";

export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function; undefined for the other kinds. */
  readonly type: FunctionType | undefined;
  /** Of a memory or a table. */
  readonly limits: MemoryLimits | undefined;
}

export interface WasmFunction {
  /** Among all functions, the imported ones first: what V8 calls `wasm-function[INDEX]`. */
  readonly index: number;
  /** From the name section. */
  readonly name: string | undefined;
  readonly typeIndex: number;
  readonly type: FunctionType;
  /** Of the body, which begins with the declaration of its locals. */
  readonly bodyOffset: number;
  readonly bodySize: number;
}

export interface WasmExport {
  readonly name: string;
  readonly kind: ExternKind;
  /** Among all of that kind, the imported ones first. */
  readonly index: number;
}

/** In pages of 64 KiB (of a table: in elements). */
export interface MemoryLimits {
  readonly min: number;
  readonly max: number | undefined;
  readonly shared: boolean;
}

export interface WasmGlobal {
  readonly type: ValueType;
  readonly mutable: boolean;
}

export interface Producer {
  readonly field: string;
  readonly name: string;
  readonly version: string;
}
