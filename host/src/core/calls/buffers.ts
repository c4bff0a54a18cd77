import { concat } from "../../abi/bytes.ts";
import { BufferType, nameOf, Status } from "../../abi/numbers.ts";
import type { BodySlot } from "../contexts.ts";
import { hostCall } from "../host-call.ts";
import type { VmState } from "../vm-state.ts";

const NO_BYTES = new Uint8Array(0);

/** A buffer that the module may write, if it is there. */
function slotOf(vm: VmState, type: number): BodySlot | undefined {
  switch (type) {
    case BufferType.HttpRequestBody:
      return vm.stream?.requestBody;
    case BufferType.HttpResponseBody:
      return vm.stream?.responseBody;
    case BufferType.DownstreamData:
      return vm.connection?.downstream;
    case BufferType.UpstreamData:
      return vm.connection?.upstream;
    case BufferType.GrpcReceiveBuffer:
      return vm.root?.received.grpcMessage;
    default:
      return undefined;
  }
}

/**
 * The bytes of a buffer, or why there are none. A body that is not there now is an empty one; a plugin's configuration is
 * there only while it is handed over, a call-out's body only in its callback.
 */
function bufferOf(vm: VmState, type: number): Uint8Array | Status {
  switch (type) {
    case BufferType.HttpRequestBody:
    case BufferType.HttpResponseBody:
    case BufferType.DownstreamData:
    case BufferType.UpstreamData:
    case BufferType.GrpcReceiveBuffer:
      return slotOf(vm, type)?.bytes ?? NO_BYTES;
    case BufferType.VmConfiguration:
      return vm.vmConfiguration;
    case BufferType.PluginConfiguration:
      return configurationOf(vm);
    case BufferType.HttpCallResponseBody:
      return vm.root?.received.body ?? notHere(vm, type, "proxy_on_http_call_response");
    case BufferType.CallData:
      return vm.root?.received.callData ?? NO_BYTES;
    default:
      return Status.BadArgument;
  }
}

function configurationOf(vm: VmState): Uint8Array | Status {
  const handedOver = vm.callback === "proxy_on_configure" || vm.callback === "proxy_validate_configuration";
  return handedOver ? (vm.root?.configuration ?? NO_BYTES) : notHere(vm, BufferType.PluginConfiguration, "");
}

/** In its own callback it is no mistake to ask for what did not come. */
function notHere(vm: VmState, type: BufferType, callback: string): Status {
  if (vm.callback !== callback) vm.misuse("outside-callback", `${nameOf(BufferType, type)} read in ${vm.callback}`);
  return Status.NotFound;
}

/** Clamps to what is there; only a range beyond 32 bits is an error. */
export const proxyGetBufferBytes = hostCall(["u32", "u32", "u32"], ["bytes"], (vm, type, start, max) => {
  const buffer = bufferOf(vm, type);
  if (typeof buffer === "number") return buffer;
  return [buffer.subarray(start, start + max)];
});

/** The second result is not used by any host. */
export const proxyGetBufferStatus = hostCall(["u32"], ["u32", "u32"], (vm, type) => {
  const buffer = bufferOf(vm, type);
  return typeof buffer === "number" ? buffer : [buffer.length, 0];
});

/**
 * Envoy prepends and replaces at the start, and appends at the end; in between is a BadArgument, though the specification
 * promises more. Configurations and call-out bodies can't be written.
 */
export const proxySetBufferBytes = hostCall(["u32", "u32", "u32", "bytes"], [], (vm, type, start, size, bytes) => {
  if (type > BufferType.CallData) return Status.BadArgument;
  const slot = slotOf(vm, type);
  if (slot === undefined) {
    const held = bufferOf(vm, type);
    if (typeof held === "number") return held;
    vm.explain(`proxy_set_buffer_bytes: ${nameOf(BufferType, type)} can't be written in ${vm.callback}`);
    return Status.BadArgument;
  }
  // The whole buffer is made anew, several times over what its bytes cost to copy.
  vm.charge(slot.bytes.length * 8);
  if (start === 0) {
    slot.bytes = concat(bytes.slice(), slot.bytes.slice(Math.min(size, slot.bytes.length)));
    return Status.Ok;
  }
  if (start < slot.bytes.length) {
    vm.explain(
      `proxy_set_buffer_bytes: from ${start} inside ${slot.bytes.length} bytes: Envoy only prepends and appends`,
    );
    return Status.BadArgument;
  }
  slot.bytes = concat(slot.bytes, bytes.slice());
  return Status.Ok;
});
