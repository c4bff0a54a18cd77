// By hand on the bare ABI: what the host must have, and nothing else.
import { proxy_get_header_map_pairs, proxy_send_local_response } from "proxy-wasm-assemblyscript-sdk/abi/imports";

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

const TOO_LARGE: usize = memory.data<u8>([0x74, 0x6f, 0x6f, 0x5f, 0x6c, 0x61, 0x72, 0x67, 0x65]);

export function proxy_on_request_headers(_id: u32, _count: u32, _endOfStream: u32): u32 {
  used = 0;
  proxy_get_header_map_pairs(0, RESULT, RESULT + 4);
  const list = load<usize>(RESULT);
  const count = load<u32>(list);
  let size: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const lengths = list + 4 + index * 8;
    size += load<u32>(lengths) + load<u32>(lengths, 4);
  }
  if (size < 60_000) return 0;
  proxy_send_local_response(431, TOO_LARGE, 9, TOO_LARGE, 9, 0, 0, -1);
  return 1;
}
