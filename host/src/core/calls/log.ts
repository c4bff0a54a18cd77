import { toText } from "../../abi/bytes.ts";
import { isOneOf, LogLevel, Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";

/** Envoy drops what is below its own level; so does the host. */
export const proxyLog = hostCall(["u32", "bytes"], [], (vm, level, message) => {
  if (!isOneOf(LogLevel, level)) return Status.BadArgument;
  if (level >= vm.logLevel) vm.log(level, "module", toText(message));
  return Status.Ok;
});

export const proxyGetLogLevel = hostCall([], ["u32"], (vm) => [vm.logLevel]);
