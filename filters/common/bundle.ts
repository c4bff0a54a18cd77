import {
  BAD_REFERENCE,
  BAD_VALUE,
  BUNDLE,
  checkHeader,
  OK,
  TABLE_OUTSIDE,
  tableAt,
  tableCount,
  tableFits,
  TELEMETRY,
} from "./program";

/** Programs of several policies in one piece, as a plugin's configuration or a route's metadata carries them. */

const VERSION: u16 = 1;
const HEADER_BYTES: i32 = 24;
const PROGRAMS: i32 = 16;
const RECORD_BYTES: u32 = 12;

/** Whether the bundle's own bytes are in order; its programs are still to be checked, each by its policy. */
export function checkBundle(bundle: usize, length: i32): i32 {
  const reason = checkHeader(bundle, length, BUNDLE, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (!tableFits(bundle, length, PROGRAMS, RECORD_BYTES)) return TABLE_OUTSIDE;
  let record = tableAt(bundle, PROGRAMS);
  let last: u32 = 0;
  for (let i: u32 = 0, count = tableCount(bundle, PROGRAMS); i < count; i++, record += RECORD_BYTES) {
    const policy = load<u32>(record);
    if (policy <= last || policy > TELEMETRY) return BAD_VALUE;
    if (<u64>load<u32>(record, 4) + <u64>load<u32>(record, 8) > <u64>length) return BAD_REFERENCE;
    last = policy;
  }
  return OK;
}

/** Where a policy's program stands in a bundle that is in order; 0 where it has none. */
export function programIn(bundle: usize, policy: u16): usize {
  const record = recordOf(bundle, policy);
  return record == 0 ? 0 : bundle + load<u32>(record, 4);
}

/** Its length in bytes; 0 where the bundle has none. */
export function programLength(bundle: usize, policy: u16): i32 {
  const record = recordOf(bundle, policy);
  return record == 0 ? 0 : load<i32>(record, 8);
}

function recordOf(bundle: usize, policy: u16): usize {
  let record = tableAt(bundle, PROGRAMS);
  for (let i: u32 = 0, count = tableCount(bundle, PROGRAMS); i < count; i++, record += RECORD_BYTES) {
    if (load<u32>(record) == policy) return record;
  }
  return 0;
}
