/** A module that ended abnormally in a callback: in Envoy, that VM is lost. A value, since modules may do so at any time. */
export interface Trap {
  readonly message: string;
  /** The export that was called. */
  readonly callback: string;
  /** The innermost function, by its name where the module has names, else as `wasm-function[12]`. */
  readonly function: string;
  /** All functions that were under way, innermost first, each with its offset in the module, such as `f (0x1a3)`. */
  readonly backtrace: readonly string[];
}

/** How a callback ended. `value` is undefined for one that the module does not export, or that returns nothing. */
export type CallResult =
  | { readonly ok: true; readonly value: number | undefined }
  | { readonly ok: false; readonly trap: Trap };

/** A module as the state machine sees it: exports that can be called. */
export interface Guest {
  /** @param args beside the context's id, which is the first of every callback */
  call(name: string, contextId: number, args: readonly number[]): CallResult;
}
