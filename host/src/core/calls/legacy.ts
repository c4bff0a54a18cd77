import { Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";
import { goOn } from "./stream.ts";

// The calls of ABI 0.1.0 that 0.2.0 replaced. Modules of that version find them beside the others.

/** The plugin's configuration while it is handed over, else the VM's. */
export const proxyGetConfiguration = hostCall([], ["bytes"], (vm) => {
  const isPlugin = vm.callback === "proxy_on_configure" || vm.callback === "proxy_validate_configuration";
  return [isPlugin ? (vm.root?.configuration ?? vm.vmConfiguration) : vm.vmConfiguration];
});

export const proxyContinueRequest = hostCall([], [], (vm) => goOn(vm, "request"));

export const proxyContinueResponse = hostCall([], [], (vm) => goOn(vm, "response"));

/** The host has no routes: there is nothing to clear. */
export const proxyClearRouteCache = hostCall([], [], () => Status.Ok);
