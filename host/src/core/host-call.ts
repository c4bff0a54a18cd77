import type { Status } from "../abi/numbers.ts";
import type { VmState } from "./vm-state.ts";

/** How one argument travels: `bytes` are a pointer and a length, the others one number each. */
export type Param = "u32" | "i32" | "i64" | "bytes";
/** How one result travels, by a pointer that the module passes: `bytes` by two, in memory that the module allocates. */
export type Result = "u32" | "u64" | "bytes";
/** An argument or a result. */
export type Value = number | bigint | Uint8Array;

interface TypeOf {
  u32: number;
  i32: number;
  i64: bigint;
  u64: bigint;
  bytes: Uint8Array;
}
type ValuesOf<Kinds extends readonly (keyof TypeOf)[]> = { [Index in keyof Kinds]: TypeOf[Kinds[Index]] };

/**
 * A host call as plain data and a function of plain data: reading and writing the module's memory is the VM's business.
 * Outputs come after all inputs, as they do in every call of the ABI.
 */
export interface HostCall {
  readonly params: readonly Param[];
  readonly results: readonly Result[];
  /** @returns a status, with which nothing is written; the results in order, which means Ok; or both */
  readonly run: (vm: VmState, args: readonly Value[]) => Outcome<readonly Value[]>;
}

/** What a host call comes to. Some write results even when they fail. */
export type Outcome<Results> = Status | Results | { readonly status: Status; readonly results: Results };

/** Declares a host call; the types of its arguments and results follow from their kinds. */
export function hostCall<const Params extends readonly Param[], const Results extends readonly Result[]>(
  params: Params,
  results: Results,
  run: (vm: VmState, ...args: ValuesOf<Params>) => Outcome<ValuesOf<Results>>,
): HostCall {
  return {
    params,
    results,
    run: (vm, args) => {
      // The binder has read each argument by its kind, so they are these types; TypeScript cannot follow that.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return run(vm, ...(args as ValuesOf<Params>));
    },
  };
}
