// By hand on the bare ABI: what the host must have, and nothing else.
import { proxy_get_buffer_bytes, proxy_send_local_response } from "proxy-wasm-assemblyscript-sdk/abi/imports";

export function proxy_abi_version_0_2_1(): void {}

/** Where the host puts results; each callback uses it from its start. */
const SCRATCH: usize = memory.data(72 * 1024, 16);
let used: usize = 0;

export function malloc(size: usize): usize {
  const at = SCRATCH + used;
  used += (size + 7) & ~7;
  return at;
}

/** A host call writes the address and the length of its result here. */
const RESULT: usize = memory.data(8, 8);

const ZERO_BYTE: usize = memory.data<u8>([0x7a, 0x65, 0x72, 0x6f, 0x5f, 0x62, 0x79, 0x74, 0x65]);

export function proxy_on_request_body(_id: u32, size: i32, endOfStream: u32): u32 {
  if (!endOfStream) return 1;
  used = 0;
  if (proxy_get_buffer_bytes(0, 0, size, RESULT, RESULT + 4) != 0 || load<i32>(RESULT, 4) == 0) return 0;
  if (load<u8>(load<usize>(RESULT)) != 0) return 0;
  proxy_send_local_response(400, ZERO_BYTE, 9, ZERO_BYTE, 9, 0, 0, -1);
  return 3;
}
