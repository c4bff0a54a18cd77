import { toText } from "../../abi/bytes.ts";
import { Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";

export const proxyGetSharedData = hostCall(["bytes"], ["bytes", "u32"], (vm, key) => {
  const held = vm.shared.get(toText(key));
  return held === undefined ? Status.NotFound : [held.value, held.cas];
});

export const proxySetSharedData = hostCall(["bytes", "bytes", "u32"], [], (vm, key, value, cas) =>
  vm.shared.set(toText(key), value, cas),
);
