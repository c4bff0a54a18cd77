// By hand on the bare ABI: what the host must have, and nothing else.
import {
  proxy_get_header_map_value,
  proxy_replace_header_map_value,
  proxy_send_local_response,
} from "proxy-wasm-assemblyscript-sdk/abi/imports";

export function proxy_abi_version_0_2_1(): void {}

/** Where the host puts results; each callback uses it from its start. */
const SCRATCH: usize = memory.data(32 * 1024, 16);
let used: usize = 0;

export function malloc(size: usize): usize {
  const at = SCRATCH + used;
  used += (size + 7) & ~7;
  return at;
}

/** A host call writes the address and the length of its result here. */
const RESULT: usize = memory.data(8, 8);

const X_USER: usize = memory.data<u8>([0x78, 0x2d, 0x75, 0x73, 0x65, 0x72]);
const MALLORY: usize = memory.data<u8>([0x6d, 0x61, 0x6c, 0x6c, 0x6f, 0x72, 0x79]);
const DENIED: usize = memory.data<u8>([0x64, 0x65, 0x6e, 0x69, 0x65, 0x64]);
const X_BENCH: usize = memory.data<u8>([0x78, 0x2d, 0x62, 0x65, 0x6e, 0x63, 0x68]);
const ONE: usize = memory.data<u8>([0x31]);

export function proxy_on_request_headers(_id: u32, _count: u32, _endOfStream: u32): u32 {
  used = 0;
  if (proxy_get_header_map_value(0, X_USER, 6, RESULT, RESULT + 4) != 0) return 0;
  if (load<i32>(RESULT, 4) != 7 || memory.compare(load<usize>(RESULT), MALLORY, 7) != 0) return 0;
  proxy_send_local_response(403, DENIED, 6, DENIED, 6, 0, 0, -1);
  return 1;
}

export function proxy_on_response_headers(_id: u32, _count: u32, _endOfStream: u32): u32 {
  proxy_replace_header_map_value(2, X_BENCH, 7, ONE, 1);
  return 0;
}
