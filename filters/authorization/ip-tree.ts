import { NONE, tableAt } from "../common/program";
import { Hits } from "./hits";
import { BLOCK_BYTES, BLOCKS } from "./layout";

/** All blocks of a tree that have an address, which stands in `words` words at `address`. */
export function findBlocks(program: usize, root: u32, address: usize, words: u32, hits: Hits): void {
  for (let index = root; index != NONE;) {
    const block = tableAt(program, BLOCKS) + <usize>index * BLOCK_BYTES;
    const bits = load<u32>(block);
    if (bits > words * 32 || !sameBits(block + 4, address, bits)) return;
    if (load<u32>(block, 20) != NONE) hits.add(load<u32>(block, 20));
    if (bits == words * 32) return;
    const bit = (load<u32>(address + (bits >>> 5) * 4) >>> (31 - (bits & 31))) & 1;
    index = load<u32>(block + bit * 4, 24);
  }
}

function sameBits(a: usize, b: usize, bits: u32): bool {
  let at: usize = 0;
  for (; bits >= 32; bits -= 32, at += 4) {
    if (load<u32>(a + at) != load<u32>(b + at)) return false;
  }
  return bits == 0 || (load<u32>(a + at) ^ load<u32>(b + at)) >>> (32 - bits) == 0;
}
