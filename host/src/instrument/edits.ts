import type { FunctionCode } from "./function-code.ts";

/** What is to stand before the instruction at an offset of the original module. */
export interface Insertion {
  readonly at: number;
  readonly code: readonly number[];
}

/** A function, and what is added to it. */
export interface FunctionEdit {
  readonly code: FunctionCode;
  /** i32 locals that are added behind its own. */
  readonly locals: number;
  readonly insertions: readonly Insertion[];
}

/** A mutable i32 global that is added, under the name that it is exported by. */
export interface AddedGlobal {
  readonly exportName: string;
  readonly value: number;
}
