// The arena: memory that lives for one callback. The host writes its results here, and so does the SDK; when the
// outermost callback returns, everything is given back at once by setting one pointer.
//
// Outside a callback (module top level) the same functions hand out memory that stays.

/** The home block that is always there: most callbacks never need more. */
const HOME_SIZE: usize = 8 * 1024;
/** A callback that needed more than the home block gets a bigger home for next time, up to this size. */
const HOME_LIMIT: usize = 256 * 1024;
/** Larger requests are refused: the host then answers with an error instead of the VM running out of memory. */
const REQUEST_LIMIT: usize = 1 << 29;
/** A spill block starts with the address of the spill block before it. */
const SPILL_HEADER: usize = 16;

let home: usize = memory.data(8 * 1024, 16);
let homeSize: usize = HOME_SIZE;

let top: usize = 0;
let end: usize = 0;
let depth: u32 = 0;
let lastSpill: usize = 0;
let spilledSize: usize = 0;

/** Memory for `size` bytes, aligned to 8, not zeroed. Traps when it cannot be had: who asks would write to address 0. */
export function allocate(size: usize): usize {
  const pointer = (top + 7) & ~7;
  const next = pointer + size;
  if (next > end || next < pointer) return allocateOrTrap(size);
  top = next;
  return pointer;
}

/** The same for the host, which is answered with 0. */
export function tryAllocate(size: usize): usize {
  const pointer = (top + 7) & ~7;
  const next = pointer + size;
  if (next > end || next < pointer) return allocateSlowly(size);
  top = next;
  return pointer;
}

function allocateOrTrap(size: usize): usize {
  const pointer = allocateSlowly(size);
  if (!pointer) unreachable();
  return pointer;
}

function allocateSlowly(size: usize): usize {
  if (size > REQUEST_LIMIT) return 0;
  if (depth == 0) return __tryAlloc(size);
  const blockSize = max(size, homeSize);
  const block = __tryAlloc(blockSize + SPILL_HEADER);
  if (!block) return 0;
  store<usize>(block, lastSpill);
  lastSpill = block;
  spilledSize += blockSize;
  const pointer = block + SPILL_HEADER;
  // A request that fills its block leaves the current block in use for the small ones that follow.
  if (size < blockSize) {
    top = pointer + size;
    end = pointer + blockSize;
  }
  return pointer;
}

/** A callback begins. Callbacks can nest: the host may call back while it serves a call. */
export function enter(): void {
  if (depth++ == 0) {
    top = home;
    end = home + homeSize;
  }
}

/** A callback ends. True when it was the outermost: what the arena handed out is gone now. */
export function leave(): bool {
  if (--depth != 0) return false;
  top = 0;
  end = 0;
  if (lastSpill) releaseSpills();
  return true;
}

/** True inside a callback; false at module top level. */
export function isOpen(): bool {
  return depth != 0;
}

function releaseSpills(): void {
  const wanted = homeSize + spilledSize;
  while (lastSpill) {
    const before = load<usize>(lastSpill);
    __free(lastSpill);
    lastSpill = before;
  }
  spilledSize = 0;
  if (wanted > HOME_LIMIT) return;
  const larger = __tryAlloc(wanted);
  if (!larger) return;
  __free(home);
  home = larger;
  homeSize = wanted;
}
