import type { HostCall } from "../core/host-call.ts";
import type { FunctionType } from "../wasm/index.ts";

/** A function's type in short: `(i32, i64) -> i32`. */
export function typeText({ params, results }: FunctionType): string {
  return `(${params.join(", ")}) -> ${results.length === 0 ? "nothing" : results.join(", ")}`;
}

/** How a host call looks to a module: bytes travel as pointer and length, results by pointers, the status comes back. */
export function importType({ params, results }: HostCall): FunctionType {
  const taken = params.flatMap((param) =>
    param === "bytes" ? (["i32", "i32"] as const) : [param === "i64" ? ("i64" as const) : ("i32" as const)],
  );
  const given = results.flatMap((result) => (result === "bytes" ? (["i32", "i32"] as const) : (["i32"] as const)));
  return { params: [...taken, ...given], results: ["i32"] };
}

/** A type of 32-bit numbers only, as every callback has. */
export function i32Type(params: number, results: number): FunctionType {
  return { params: Array.from({ length: params }, () => "i32"), results: Array.from({ length: results }, () => "i32") };
}
