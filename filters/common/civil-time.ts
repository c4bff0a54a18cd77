/** Fields of a time of day, UTC, as texts. */

export const TIME_FIELDS: u32 = 10;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/** Digits of each field: year, month, day, hour, minute, second, milli-, micro- and nanoseconds; none for the count of seconds. */
const digits = memory.data<u8>([4, 2, 2, 2, 2, 2, 3, 6, 9, 0]);

/** Writes a field of a time, in nanoseconds since 1970, to `to` (20 bytes); returns how many it has. */
export function writeTime(nanoseconds: i64, field: u32, to: usize): i32 {
  const seconds = nanoseconds / SECOND;
  let value = seconds;
  if (field < 3) value = dateOf(seconds / DAY, field);
  else if (field == 3) value = (seconds / 3600) % 24;
  else if (field == 4) value = (seconds / 60) % 60;
  else if (field == 5) value = seconds % 60;
  else if (field == 6) value = (nanoseconds % SECOND) / 1_000_000;
  else if (field == 7) value = (nanoseconds % SECOND) / 1000;
  else if (field == 8) value = nanoseconds % SECOND;
  return writeNumber(value, load<u8>(digits + field), to);
}

/** Writes a number that is not below zero, with zeros before it up to `width` digits (9 at most); returns how many they are. */
export function writeNumber(value: u64, width: i32, to: usize): i32 {
  let size = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) size++;
  size = max(size, width);
  for (let i = size - 1; i >= 0; i--) {
    store<u8>(to + i, <u8>(48 + (value % 10)));
    value /= 10;
  }
  return size;
}

// Years begin in March, so that the odd day comes last; an era is 400 years, after which all repeats.
function dateOf(days: i64, field: u32): i64 {
  const shifted = days + 719_468;
  const era = shifted / 146_097;
  const day = shifted % 146_097;
  const year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
  const dayOfYear = day - (365 * year + year / 4 - year / 100);
  const month = (5 * dayOfYear + 2) / 153;
  if (field == 2) return dayOfYear - (153 * month + 2) / 5 + 1;
  const calendarMonth = month < 10 ? month + 3 : month - 9;
  return field == 1 ? calendarMonth : era * 400 + year + i64(calendarMonth < 3);
}
