import { BufferType, Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";
import type { VmState } from "../vm-state.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * The bytes of a buffer, or why there are none. A body that is not there now is an empty one; a plugin's configuration is
 * there only while it is handed over.
 */
function bufferOf(vm: VmState, type: number): Uint8Array | Status {
  switch (type) {
    case BufferType.HttpRequestBody:
      return vm.stream?.requestBody ?? NO_BYTES;
    case BufferType.HttpResponseBody:
      return vm.stream?.responseBody ?? NO_BYTES;
    case BufferType.VmConfiguration:
      return vm.vmConfiguration;
    case BufferType.PluginConfiguration:
      return vm.callback === "proxy_on_configure" ? (vm.root?.configuration ?? NO_BYTES) : Status.NotFound;
    case BufferType.HttpCallResponseBody:
      return Status.NotFound;
    case BufferType.DownstreamData:
    case BufferType.UpstreamData:
    case BufferType.GrpcReceiveBuffer:
    case BufferType.CallData:
      return NO_BYTES;
    default:
      return Status.BadArgument;
  }
}

/** Clamps to what is there; no range is an error. */
export const proxyGetBufferBytes = hostCall(["u32", "u32", "u32"], ["bytes"], (vm, type, start, max) => {
  const buffer = bufferOf(vm, type);
  if (typeof buffer === "number") return buffer;
  return [buffer.slice(start, start + max)];
});

/** The second result is not used by any host. */
export const proxyGetBufferStatus = hostCall(["u32"], ["u32", "u32"], (vm, type) => {
  const buffer = bufferOf(vm, type);
  return typeof buffer === "number" ? buffer : [buffer.length, 0];
});
