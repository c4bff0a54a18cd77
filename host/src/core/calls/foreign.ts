import { toText } from "../../abi/bytes.ts";
import { Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";

const NO_BYTES = new Uint8Array(0);

/** An unknown function is NotFound, and writes no results; a known one that has none, or fails, writes one of length 0. */
export const proxyCallForeignFunction = hostCall(["bytes", "bytes"], ["bytes"], (vm, name, argument) => {
  const known = vm.world.foreign.get(toText(name));
  if (known === undefined) {
    vm.explain(`proxy_call_foreign_function: there is no "${toText(name)}": give it to createHost({ foreign })`);
    return Status.NotFound;
  }
  const result = known(argument.slice(), vm);
  return typeof result === "number" ? { status: result, results: [NO_BYTES] } : [result ?? NO_BYTES];
});
