import {
  BAD_REFERENCE,
  BAD_VALUE,
  checkHeader,
  OK,
  rangeFits,
  stringsFit,
  TABLE_OUTSIDE,
  tableAt,
  tableCount,
  tableFits,
  TELEMETRY,
} from "../common/program";

const VERSION: u16 = 2;
const HEADER_BYTES: i32 = 52;

/** Offsets in the program: who reports (CLIENT, SERVER), then references to its tables. */
const SIDE: i32 = 16;
export const STRINGS: i32 = 20;
export const SERIES: i32 = 28;
export const LABELS: i32 = 36;
export const FACTS: i32 = 44;

const SERIES_BYTES: u32 = 12;
export const LABEL_BYTES: u32 = 12;
export const FACT_BYTES: u32 = 8;

export const CLIENT: u32 = 0;
export const SERVER: u32 = 1;

export const REQUESTS: i32 = 0;
export const DURATION: i32 = 1;
const SERIES_COUNT: u32 = 2;

/** More facts than anyone has labels for; bounds what a request reads. */
export const MAX_FACTS: u32 = 32;

/** Sources of labels: Istio's own count from 1 in the order of their names; these two are the user's. */
export const LITERAL: u32 = 64;
export const FACT: u32 = 65;
export const LAST_BUILT_IN: u32 = 25;

export const FACT_HEADER: u32 = 1;
export const FACT_METHOD: u32 = 2;
export const FACT_HOST: u32 = 3;
export const FACT_PATH: u32 = 4;
export const FACT_CODE: u32 = 5;

/** Whether the rest of the filter may read the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, TELEMETRY, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (
    !stringsFit(program, length, STRINGS) ||
    !tableFits(program, length, SERIES, SERIES_BYTES) ||
    !tableFits(program, length, LABELS, LABEL_BYTES) ||
    !tableFits(program, length, FACTS, FACT_BYTES)
  ) {
    return TABLE_OUTSIDE;
  }
  if (load<u32>(program + SIDE) > SERVER) return BAD_VALUE;
  if (tableCount(program, SERIES) != SERIES_COUNT || tableCount(program, FACTS) > MAX_FACTS) return BAD_VALUE;
  for (let i: u32 = 0; i < SERIES_COUNT; i++) {
    const series = tableAt(program, SERIES) + <usize>i * SERIES_BYTES;
    if (!rangeFits(load<u32>(series, 4), load<u32>(series, 8), tableCount(program, LABELS))) return BAD_REFERENCE;
  }
  const labels = checkLabels(program);
  return labels != OK ? labels : checkFacts(program);
}

/** Whether the program's proxy reports as the CLIENT or as the SERVER of a request. */
export function sideOf(program: usize): u32 {
  return load<u32>(program + SIDE);
}

/** Where a metric's series stands: whether it is on, then the range of its labels. */
export function seriesAt(program: usize, metric: i32): usize {
  return tableAt(program, SERIES) + <usize>metric * SERIES_BYTES;
}

function checkLabels(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  const facts = tableCount(program, FACTS);
  let label = tableAt(program, LABELS);
  for (let i: u32 = 0, count = tableCount(program, LABELS); i < count; i++, label += LABEL_BYTES) {
    const source = load<u32>(label, 4);
    const operand = load<u32>(label, 8);
    if (load<u32>(label) >= strings) return BAD_REFERENCE;
    if (source == 0 || (source > LAST_BUILT_IN && source != LITERAL && source != FACT)) return BAD_VALUE;
    if (source == LITERAL && operand >= strings) return BAD_REFERENCE;
    if (source == FACT && operand >= facts) return BAD_REFERENCE;
  }
  return OK;
}

function checkFacts(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  let fact = tableAt(program, FACTS);
  for (let i: u32 = 0, count = tableCount(program, FACTS); i < count; i++, fact += FACT_BYTES) {
    const kind = load<u32>(fact);
    if (kind < FACT_HEADER || kind > FACT_CODE) return BAD_VALUE;
    if (kind == FACT_HEADER && load<u32>(fact, 4) >= strings) return BAD_REFERENCE;
  }
  return OK;
}
