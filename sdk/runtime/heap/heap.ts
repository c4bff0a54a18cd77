// A heap of size classes: a block goes back to its class's list when it is freed, and is never split or merged.
// That is little code, and it knows how much is in use. What it gives up: memory freed in one class helps only that
// class and those close below it, so the heap stays as large as the peaks of its classes together. A filter allocates
// little, and the same sizes again and again.
//
// A block is a 4-byte header with the payload's size, then the payload, aligned to 16: the layout that asc's
// collector expects.

const HEADER: usize = 4;
/** Blocks up to this size have a class for every 16 bytes; above, each doubling has 4 classes. */
const FINE_LIMIT: usize = 256;
const FINE_CLASSES: u32 = 16;
/** log2 of FINE_LIMIT. */
const FINE_BITS: u32 = 8;
const CLASS_COUNT: u32 = 112;
/** How many larger classes may serve a request: up to twice its size. */
const BORROWED_CLASSES: u32 = 4;
const SIZE_LIMIT: usize = 1 << 30;

/** The first free block of each class; a free block's payload starts with the next one. */
let freeLists: usize = memory.data(112 * 4, 16);
/** Where the untouched memory begins: the address of a payload, less its header. */
let untouched: usize = ((__heap_base + HEADER + 15) & ~15) - HEADER;
let inUse: usize = 0;

/** The size of the smallest block, header included, that a request fits in. */
function blockSizeFor(size: usize): usize {
  const exact = (size + HEADER + 15) & ~15;
  if (exact <= FINE_LIMIT) return exact;
  const step: usize = 1 << (29 - clz<u32>(<u32>exact - 1));
  return (exact + step - 1) & ~(step - 1);
}

function classOf(blockSize: usize): u32 {
  if (blockSize <= FINE_LIMIT) return <u32>blockSize >>> 4;
  const doubling = 31 - clz<u32>(<u32>blockSize - 1);
  return FINE_CLASSES + 1 + (doubling - FINE_BITS) * 4 + (((<u32>blockSize - 1) >>> (doubling - 2)) & 3);
}

/** Takes a free block of this class or one a little larger; 0 when there is none. */
function takeFree(sizeClass: u32): usize {
  const last = sizeClass > FINE_CLASSES ? min(sizeClass + BORROWED_CLASSES, CLASS_COUNT) : sizeClass + 1;
  for (let index = sizeClass; index < last; ++index) {
    const list = freeLists + (<usize>index << 2);
    const block = load<usize>(list);
    if (block) {
      store<usize>(list, load<usize>(block));
      return block;
    }
  }
  return 0;
}

/** Takes untouched memory, growing the VM's when needed; 0 when it does not grow. */
function takeUntouched(blockSize: usize): usize {
  const after = untouched + blockSize;
  if (after < untouched) return 0; // beyond 4 GiB
  const pages = <i32>((after + 0xffff) >>> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  const block = untouched + HEADER;
  store<u32>(untouched, <u32>(blockSize - HEADER));
  untouched = after;
  return block;
}

/** Memory for `size` bytes, not zeroed; 0 when there is none. */
// @ts-ignore: decorator
@global
export function __tryAlloc(size: usize): usize {
  if (size > SIZE_LIMIT) return 0;
  const blockSize = blockSizeFor(size);
  let block = takeFree(classOf(blockSize));
  if (!block) block = takeUntouched(blockSize);
  if (block) inUse += load<u32>(block - HEADER);
  return block;
}

/** The same for the language, which has no answer to "no memory": it traps. */
// @ts-ignore: decorator
@global @unsafe
export function __alloc(size: usize): usize {
  const block = __tryAlloc(size);
  if (!block) unreachable();
  return block;
}

// @ts-ignore: decorator
@global @unsafe
export function __realloc(block: usize, size: usize): usize {
  const held = <usize>load<u32>(block - HEADER);
  if (size <= held) return block;
  const moved = __alloc(size);
  memory.copy(moved, block, held);
  __free(block);
  return moved;
}

// @ts-ignore: decorator
@global @unsafe
export function __free(block: usize): void {
  if (block < __heap_base) return; // static data
  const held = <usize>load<u32>(block - HEADER);
  const list = freeLists + (<usize>classOf(held + HEADER) << 2);
  store<usize>(block, load<usize>(list));
  store<usize>(list, block);
  inUse -= held;
}

/** Bytes handed out and not freed. */
// @ts-ignore: decorator
@global @inline
export function __heapInUse(): usize {
  return inUse;
}
