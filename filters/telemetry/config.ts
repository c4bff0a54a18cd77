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
import { FACT_STEP, INPUT_STEP, isLeaf, LITERAL_STEP, MAX_STACK, operandsOf, STEP_BYTES } from "./steps";

const VERSION: u16 = 3;
const HEADER_BYTES: i32 = 84;

/** Offsets in the program: its scalars, then references to its tables. */
const SIDE: i32 = 16;
const PROTOCOL: i32 = 20;
const IS_TLS: i32 = 24;
const MAX_COMBINATIONS: i32 = 28;
const INTERVAL: i32 = 32;
export const STRINGS: i32 = 36;
export const SERIES: i32 = 44;
export const LABELS: i32 = 52;
export const FACTS: i32 = 60;
export const EXPRESSIONS: i32 = 68;
export const STEPS: i32 = 76;

const SERIES_BYTES: u32 = 12;
export const LABEL_BYTES: u32 = 12;
const FACT_BYTES: u32 = 12;
const EXPRESSION_BYTES: u32 = 8;

export const CLIENT: u32 = 0;
export const SERVER: u32 = 1;

export const HTTP_PROTOCOL: u32 = 0;
export const TCP_PROTOCOL: u32 = 1;

/** Metrics by their place among the series; those of requests ... */
export const REQUESTS: i32 = 0;
export const DURATION: i32 = 1;
export const REQUEST_BYTES: i32 = 2;
export const RESPONSE_BYTES: i32 = 3;
export const REQUEST_MESSAGES: i32 = 4;
export const RESPONSE_MESSAGES: i32 = 5;
const HTTP_SERIES: i32 = 6;
/** ... and those of connections. */
export const SENT_BYTES: i32 = 0;
export const RECEIVED_BYTES: i32 = 1;
export const OPENED: i32 = 2;
export const CLOSED: i32 = 3;
const TCP_SERIES: i32 = 4;

/** More facts than anyone has labels for; bounds what a request reads. */
export const MAX_FACTS: u32 = 32;

/** More combinations than a proxy has memory for. */
const COMBINATIONS_LIMIT: u32 = 65_536;

/** Sources of labels: Istio's own count from 1 in the order of their names; these are the user's. */
export const LITERAL: u32 = 64;
export const FACT: u32 = 65;
export const EXPRESSION: u32 = 66;
export const LAST_BUILT_IN: u32 = 25;

/** When facts are read. */
export const AT_START: u32 = 0;
export const AT_REQUEST: u32 = 1;
export const AT_RESPONSE: u32 = 2;
export const AT_END: u32 = 3;

/** Whether the rest of the filter may read the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, TELEMETRY, VERSION, HEADER_BYTES);
  if (reason != OK) return reason;
  if (
    !stringsFit(program, length, STRINGS) ||
    !tableFits(program, length, SERIES, SERIES_BYTES) ||
    !tableFits(program, length, LABELS, LABEL_BYTES) ||
    !tableFits(program, length, FACTS, FACT_BYTES) ||
    !tableFits(program, length, EXPRESSIONS, EXPRESSION_BYTES) ||
    !tableFits(program, length, STEPS, STEP_BYTES)
  ) {
    return TABLE_OUTSIDE;
  }
  if (!scalarsMean(program) || tableCount(program, FACTS) > MAX_FACTS) return BAD_VALUE;
  for (let i = 0, count = seriesCount(program); i < count; i++) {
    const series = seriesAt(program, i);
    if (!rangeFits(load<u32>(series, 4), load<u32>(series, 8), tableCount(program, LABELS))) return BAD_REFERENCE;
  }
  const labels = checkLabels(program);
  if (labels != OK) return labels;
  const facts = checkFacts(program);
  return facts != OK ? facts : checkExpressions(program);
}

function scalarsMean(program: usize): bool {
  const combinations = load<u32>(program + MAX_COMBINATIONS);
  return (
    load<u32>(program + SIDE) <= SERVER &&
    load<u32>(program + PROTOCOL) <= TCP_PROTOCOL &&
    load<u32>(program + IS_TLS) <= 1 &&
    combinations > 0 &&
    combinations <= COMBINATIONS_LIMIT &&
    load<u32>(program + INTERVAL) > 0 &&
    tableCount(program, SERIES) == <u32>seriesCount(program)
  );
}

/** Whether the program's proxy reports as the CLIENT or as the SERVER of a request. */
export function sideOf(program: usize): u32 {
  return load<u32>(program + SIDE);
}

export function protocolOf(program: usize): u32 {
  return load<u32>(program + PROTOCOL);
}

/** Whether there may be certificates to read the peers' identities from. */
export function isTls(program: usize): bool {
  return load<u32>(program + IS_TLS) != 0;
}

export function maxCombinations(program: usize): i32 {
  return load<i32>(program + MAX_COMBINATIONS);
}

/** Milliseconds between two reports of a connection. */
export function intervalOf(program: usize): u32 {
  return load<u32>(program + INTERVAL);
}

export function seriesCount(program: usize): i32 {
  return protocolOf(program) == TCP_PROTOCOL ? TCP_SERIES : HTTP_SERIES;
}

/** Where a metric's series stands: whether it is on, then the range of its labels. */
export function seriesAt(program: usize, metric: i32): usize {
  return tableAt(program, SERIES) + <usize>metric * SERIES_BYTES;
}

/** Where a fact stands: when it is read, then the range of its steps. */
export function factAt(program: usize, fact: u32): usize {
  return tableAt(program, FACTS) + <usize>fact * FACT_BYTES;
}

/** Where an expression stands: the range of its steps. */
export function expressionAt(program: usize, expression: u32): usize {
  return tableAt(program, EXPRESSIONS) + <usize>expression * EXPRESSION_BYTES;
}

export function stepAt(program: usize, step: u32): usize {
  return tableAt(program, STEPS) + <usize>step * STEP_BYTES;
}

function checkLabels(program: usize): i32 {
  const strings = tableCount(program, STRINGS);
  let label = tableAt(program, LABELS);
  for (let i: u32 = 0, count = tableCount(program, LABELS); i < count; i++, label += LABEL_BYTES) {
    const source = load<u32>(label, 4);
    const operand = load<u32>(label, 8);
    if (load<u32>(label) >= strings) return BAD_REFERENCE;
    if (source == LITERAL) {
      if (operand >= strings) return BAD_REFERENCE;
    } else if (source == FACT) {
      if (operand >= tableCount(program, FACTS)) return BAD_REFERENCE;
    } else if (source == EXPRESSION) {
      if (operand >= tableCount(program, EXPRESSIONS)) return BAD_REFERENCE;
    } else if (source == 0 || source > LAST_BUILT_IN) {
      return BAD_VALUE;
    }
  }
  return OK;
}

function checkFacts(program: usize): i32 {
  for (let i: u32 = 0, count = tableCount(program, FACTS); i < count; i++) {
    const fact = factAt(program, i);
    if (load<u32>(fact) > AT_END) return BAD_VALUE;
    const reason = checkSteps(program, load<u32>(fact, 4), load<u32>(fact, 8), true);
    if (reason != OK) return reason;
  }
  return OK;
}

function checkExpressions(program: usize): i32 {
  for (let i: u32 = 0, count = tableCount(program, EXPRESSIONS); i < count; i++) {
    const expression = expressionAt(program, i);
    const reason = checkSteps(program, load<u32>(expression), load<u32>(expression, 4), false);
    if (reason != OK) return reason;
  }
  return OK;
}

/** Goes through the steps as they will be run: there are operands for each, they fit the stack, one value is left. */
function checkSteps(program: usize, first: u32, count: u32, isFact: bool): i32 {
  if (!rangeFits(first, count, tableCount(program, STEPS))) return BAD_REFERENCE;
  let depth = 0;
  for (let i: u32 = 0; i < count; i++) {
    const step = stepAt(program, first + i);
    const code = load<u32>(step);
    if (isLeaf(code)) {
      const reason = checkLeaf(program, code, load<u32>(step, 4), isFact);
      if (reason != OK) return reason;
    } else {
      const operands = operandsOf(code);
      if (operands == 0 || operands > depth) return BAD_VALUE;
      depth -= operands;
    }
    if (++depth > MAX_STACK) return BAD_VALUE;
  }
  return depth == 1 ? OK : BAD_VALUE;
}

/** Facts are read from the host; what is made of them and of labels reads nothing more. */
function checkLeaf(program: usize, code: u32, operand: u32, isFact: bool): i32 {
  if (code == INPUT_STEP) return !isFact && operand <= LAST_BUILT_IN ? OK : BAD_VALUE;
  if (code == FACT_STEP) return !isFact && operand < tableCount(program, FACTS) ? OK : BAD_VALUE;
  if (code != LITERAL_STEP && !isFact) return BAD_VALUE;
  return operand < tableCount(program, STRINGS) ? OK : BAD_REFERENCE;
}

/**
 * Which sources the metrics that are on have labels of: bit by number. Nothing else is read, and nothing else tells
 * combinations apart.
 */
export function usedSources(program: usize): u64 {
  let used: u64 = 0;
  for (let metric = 0, count = seriesCount(program); metric < count; metric++) {
    const series = seriesAt(program, metric);
    if (load<u32>(series) == 0) continue;
    let label = tableAt(program, LABELS) + <usize>load<u32>(series, 4) * LABEL_BYTES;
    for (let i: u32 = 0, labels = load<u32>(series, 8); i < labels; i++, label += LABEL_BYTES) {
      const source = load<u32>(label, 4);
      if (source <= LAST_BUILT_IN) used |= (<u64>1) << source;
      if (source == EXPRESSION) used |= sourcesOf(program, load<u32>(label, 8));
    }
  }
  return used;
}

function sourcesOf(program: usize, index: u32): u64 {
  const expression = expressionAt(program, index);
  let used: u64 = 0;
  for (let i: u32 = 0, count = load<u32>(expression, 4); i < count; i++) {
    const step = stepAt(program, load<u32>(expression) + i);
    if (load<u32>(step) == INPUT_STEP) used |= (<u64>1) << load<u32>(step, 4);
  }
  return used;
}
