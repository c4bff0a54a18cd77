import { isComplete, prepare, search, slot } from "../common/regex";
import { stringAt, stringLength } from "../common/program";
import { GROUP, STRINGS } from "./config";
import { partAt, partCount } from "./decide";

/**
 * Writes a header's value to `to` with all matches of an operation's pattern replaced, as RE2's GlobalReplace does it.
 * Returns how many bytes that are; -1 where nothing is replaced: there is no match, or the new value has no room, or the
 * search would take too long.
 */
export function rewrite(program: usize, operation: usize, value: usize, length: i32, to: usize, room: i32): i32 {
  prepare(stringAt(program, STRINGS, load<u32>(partAt(program, operation, 0), 4)), value, length);
  let written = 0;
  let at = 0;
  let lastEnd = -1;
  let isChanged = false;
  while (at <= length && written >= 0 && search(at)) {
    const begin = slot(0);
    const end = slot(1);
    written = append(to, written, room, value + at, begin - at);
    if (begin == end && begin == lastEnd) {
      // A match of nothing where the last one ended: the next one is sought a character on.
      const size = characterLength(value + at, length - at);
      written = append(to, written, room, value + at, min(size, length - at));
      at += size;
      continue;
    }
    written = substitute(program, operation, value, to, written, room);
    at = end;
    lastEnd = end;
    isChanged = true;
  }
  if (!isChanged || !isComplete()) return -1;
  return at < length ? append(to, written, room, value + at, length - at) : written;
}

/** Appends what takes the place of the match that was found last. */
function substitute(program: usize, operation: usize, value: usize, to: usize, written: i32, room: i32): i32 {
  for (let i: u32 = 1, count = partCount(operation); i < count; i++) {
    const part = partAt(program, operation, i);
    const operand = load<u32>(part, 4);
    if (load<u32>(part) != GROUP) {
      written = append(to, written, room, stringAt(program, STRINGS, operand), stringLength(program, STRINGS, operand));
      continue;
    }
    const begin = slot(operand * 2);
    const end = slot(operand * 2 + 1);
    if (begin >= 0 && end > begin) written = append(to, written, room, value + begin, end - begin);
  }
  return written;
}

/** The new length, or -1 where there is no room; then also for all that follows. */
function append(to: usize, written: i32, room: i32, at: usize, size: i32): i32 {
  if (written < 0 || size > room - written) return -1;
  memory.copy(to + written, at, size);
  return written + size;
}

/** Bytes of the UTF-8 character here; 1 for what is none, and at the end. */
function characterLength(at: usize, rest: i32): i32 {
  if (rest < 2) return 1;
  const lead = load<u8>(at);
  const second = load<u8>(at, 1);
  const size = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size > rest || (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90)) return 1;
  if (lead == 0xf4 && second > 0x8f) return 1;
  for (let i = 1; i < size; i++) {
    if ((load<u8>(at + i) & 0xc0) != 0x80) return 1;
  }
  return size;
}
