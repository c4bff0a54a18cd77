/**
 * Runs regular expressions that the control plane has compiled to programs over bytes (docs/policy-program.md): all ways
 * through the pattern at once, the preferred ones first (Pike's machine), so that no text makes it slow.
 */

const HEADER_BYTES: u32 = 4;
const SET_BYTES: u32 = 32;
const MAX_STEPS: u32 = 2000;
const MAX_SLOTS: u32 = 20;

/** Longer texts are not searched. */
export const MAX_TEXT: i32 = 16_384;
/** How many steps all searches of a text may take: some milliseconds. A pattern that needs more has not matched. */
const PATIENCE: i32 = 1 << 20;

const MATCH: u32 = 1;
const RANGE: u32 = 2;
const SET: u32 = 3;
const SPLIT: u32 = 4;
const JUMP: u32 = 5;
const SAVE: u32 = 6;
const ASSERT: u32 = 7;

const BEGIN_LINE: u32 = 1;
const END_LINE: u32 = 2;
const BEGIN_TEXT: u32 = 4;
const END_TEXT: u32 = 8;
const WORD_BOUNDARY: u32 = 16;
const NO_WORD_BOUNDARY: u32 = 32;

const NEWLINE: u32 = 10;
/** Of a slot that nothing was saved in. */
const NOWHERE: u16 = 0xffff;
/** On the stack: not a step to come to, but a slot to set back. */
const RESTORE: u32 = 0x8000_0000;

let room = new StaticArray<u8>(0);
/** What was saved on the way at hand, and on the way of the best match. */
const current = memory.data(40);
const result = memory.data(40);

let code: usize = 0;
let sets: usize = 0;
let slotBytes: u32 = 0;
let text: usize = 0;
let length: i32 = 0;
let patience: i32 = 0;
/** Of each step, at which place of the text it was last come to: a count that grows with the places. */
let marks: usize = 0;
let mark: u32 = 0;
let stack: usize = 0;
/** Two lists of steps that wait for the next byte, each with the slots of the way there. */
let listA: usize = 0;
let listB: usize = 0;
let savedAt: u32 = 0;

/** Whether the program may be run without a check of its own. Room for it is made here, once. */
export function isRegex(at: usize, size: u32): bool {
  if (size < HEADER_BYTES) return false;
  const count: u32 = load<u16>(at);
  const slots: u32 = load<u8>(at, 2);
  const setCount: u32 = load<u8>(at, 3);
  if (count == 0 || count > MAX_STEPS || slots < 2 || slots > MAX_SLOTS || (slots & 1) != 0) return false;
  if (size != HEADER_BYTES + count * 4 + setCount * SET_BYTES) return false;
  let op: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const word = load<u32>(at + (i << 2), HEADER_BYTES);
    op = word & 0xff;
    const target = word >> 16;
    if (op > ASSERT) return false;
    if ((op == SPLIT || op == JUMP) && target >= count) return false;
    if (op == SET && target >= setCount) return false;
    if (op == SAVE && ((word >> 8) & 0xff) >= slots) return false;
  }
  // What else goes on to the step behind it.
  if (op > MATCH && op != JUMP) return false;
  reserve(count, slots);
  return true;
}

/** The text that `search` looks through. */
export function prepare(regex: usize, at: usize, size: i32): void {
  const count: u32 = load<u16>(regex);
  const slots: u32 = load<u8>(regex, 2);
  code = regex + HEADER_BYTES;
  sets = code + (count << 2);
  slotBytes = slots << 1;
  text = at;
  length = size;
  patience = size > MAX_TEXT ? -1 : PATIENCE;
  marks = changetype<usize>(room);
  stack = marks + (count << 2);
  listA = stack + ((count + 1) << 2);
  savedAt = count << 1;
  listB = listA + count * (2 + slotBytes);
  memory.fill(marks, 0, count << 2);
  mark = 1;
}

/** Whether no search was given up for what it would have cost. */
export function isComplete(): bool {
  return patience >= 0;
}

/** Where the last match begins (slot 0) and ends (1), or a group of it; -1 for a group that had no part in it. */
export function slot(index: u32): i32 {
  const at = load<u16>(result + (index << 1));
  return at == NOWHERE || index << 1 >= slotBytes ? -1 : at;
}

/** Whether the text has a match from `from` on: the leftmost, and of these the one that the pattern prefers. */
export function search(from: i32): bool {
  let now = listA;
  let then = listB;
  let count: u32 = 0;
  let found = false;
  for (let at = from; at <= length && patience >= 0; at++) {
    if (!found) {
      memory.fill(current, 0xff, slotBytes);
      store<u16>(current, <u16>at);
      count = add(now, count, 0, at);
    }
    mark++;
    if (count == 0 && found) break;
    let next: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const step: u32 = load<u16>(now + (i << 1));
      const saved = now + savedAt + i * slotBytes;
      const word = load<u32>(code + (step << 2));
      if ((word & 0xff) == MATCH) {
        memory.copy(result, saved, slotBytes);
        store<u16>(result, <u16>at, 2);
        found = true;
        // All that is less preferred ends here.
        break;
      }
      if (at == length || !accepts(word, load<u8>(text + at))) continue;
      memory.copy(current, saved, slotBytes);
      next = add(then, next, step + 1, at + 1);
    }
    const swapped = now;
    now = then;
    then = swapped;
    count = next;
  }
  return found && patience >= 0;
}

function accepts(word: u32, byte: u32): bool {
  const op = word & 0xff;
  if (op == RANGE) return byte - ((word >> 8) & 0xff) <= ((word >> 16) & 0xff) - ((word >> 8) & 0xff);
  if (op != SET) return false;
  return ((load<u8>(sets + (word >> 16) * SET_BYTES + (byte >> 3)) >> (byte & 7)) & 1) != 0;
}

/** Adds to a list of `count` entries all steps that `step` leads to without reading; returns how many there are then. */
function add(list: usize, count: u32, step: u32, at: i32): u32 {
  let depth: u32 = 1;
  store<u32>(stack, step);
  while (depth > 0) {
    depth--;
    let here = load<u32>(stack + (depth << 2));
    if ((here & RESTORE) != 0) {
      store<u16>(current + ((here >> 16) & 0xff) * 2, <u16>here);
      continue;
    }
    while (load<u32>(marks + (here << 2)) != mark) {
      store<u32>(marks + (here << 2), mark);
      patience--;
      const word = load<u32>(code + (here << 2));
      const op = word & 0xff;
      if (op == JUMP) here = word >> 16;
      else if (op == SPLIT) {
        store<u32>(stack + (depth++ << 2), word >> 16);
        here++;
      } else if (op == SAVE) {
        const index = (word >> 8) & 0xff;
        store<u32>(stack + (depth++ << 2), RESTORE | (index << 16) | load<u16>(current + index * 2));
        store<u16>(current + index * 2, <u16>at);
        here++;
      } else if (op == ASSERT) {
        if (!holds((word >> 8) & 0xff, at)) break;
        here++;
      } else {
        store<u16>(list + (count << 1), <u16>here);
        memory.copy(list + savedAt + count * slotBytes, current, slotBytes);
        count++;
        break;
      }
    }
  }
  return count;
}

/** Whether all conditions hold between the byte before `at` and the one there. */
function holds(conditions: u32, at: i32): bool {
  const isFirst = at == 0;
  const isLast = at == length;
  const before: u32 = isFirst ? NEWLINE : load<u8>(text + at - 1);
  const after: u32 = isLast ? NEWLINE : load<u8>(text + at);
  let given = isWord(before) == isWord(after) ? NO_WORD_BOUNDARY : WORD_BOUNDARY;
  if (before == NEWLINE) given |= BEGIN_LINE;
  if (after == NEWLINE) given |= END_LINE;
  if (isFirst) given |= BEGIN_TEXT;
  if (isLast) given |= END_TEXT;
  return (conditions & ~given) == 0;
}

function isWord(byte: u32): bool {
  return (byte | 32) - 97 < 26 || byte - 48 < 10 || byte == 95;
}

/** Marks, stack (each step puts at most one entry there), and two lists. */
function reserve(count: u32, slots: u32): void {
  const size = (count << 2) + ((count + 1) << 2) + 2 * count * (2 + (slots << 1));
  if (<u32>room.length < size) room = new StaticArray<u8>(size);
}
