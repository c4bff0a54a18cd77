import type { VmState } from "./vm-state.ts";

/** Envoy's filter state of the stream or connection in effect. */
export function filterStateOf(vm: VmState): Map<string, Uint8Array> | undefined {
  return vm.stream?.shared.filterState ?? vm.connection?.filterState;
}
