import { toText } from "../../abi/bytes.ts";
import type { Pair } from "../../abi/pairs.ts";
import type { VmState } from "../vm-state.ts";

/** A name that a module has given, as text. One that is not in lower case is a misuse. */
export function headerName(vm: VmState, key: Uint8Array): string {
  const name = toText(key);
  if (name !== name.toLowerCase()) vm.misuse("upper-case-header", `the header name "${name}" in ${vm.callback}`);
  return name;
}

/** The same for the names of a whole list. */
export function checkNames(vm: VmState, pairs: readonly Pair[]): void {
  for (const [key] of pairs) headerName(vm, key);
}
