import { Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";

/** The end of a plugin that has answered 0 to on_done: its on_delete follows. */
export const proxyDone = hostCall([], [], (vm) => {
  const { root } = vm;
  if (root === undefined || !root.ending) return Status.NotFound;
  root.ending = false;
  vm.afterCall.push(() => {
    vm.invoke(root, "proxy_on_delete", []);
    vm.contexts.delete(root.id);
  });
  return Status.Ok;
});
