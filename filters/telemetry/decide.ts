import { stringAt, stringLength, tableAt } from "../common/program";
import { DURATION, FACT, LABEL_BYTES, LABELS, LITERAL, seriesAt, STRINGS } from "./config";
import { FIRST_FACT, GRPC_RESPONSE_STATUS, inputAt, inputLength, UNKNOWN } from "./inputs";

const REQUESTS_TOTAL = String.UTF8.encode("istio_requests_total");
const REQUEST_DURATION = String.UTF8.encode("istio_request_duration_milliseconds");
const UNKNOWN_TEXT = String.UTF8.encode("unknown");

const SEMICOLON: u8 = 59;
const DOT: u8 = 46;
const EQUALS: u8 = 61;
const UNDERSCORE: u8 = 95;

/** A value longer than this is cut. */
const MAX_VALUE_BYTES: i32 = 256;

/** Whether a metric is on. */
export function isEnabled(program: usize, metric: i32): bool {
  return load<u32>(seriesAt(program, metric)) != 0;
}

/**
 * Writes the name of a metric with the labels that the program lists and the values that stand in the inputs:
 * `istio_requests_total;.reporter=source;.source_workload=a-v1…`, from which Envoy takes the labels out again.
 * Returns its length, or -1 where `capacity` does not hold it.
 */
export function writeMetricName(program: usize, metric: i32, to: usize, capacity: i32): i32 {
  const base = metric == DURATION ? REQUEST_DURATION : REQUESTS_TOTAL;
  let written = base.byteLength;
  if (written > capacity) return -1;
  memory.copy(to, changetype<usize>(base), written);
  const series = seriesAt(program, metric);
  let label = tableAt(program, LABELS) + <usize>load<u32>(series, 4) * LABEL_BYTES;
  for (let i: u32 = 0, count = load<u32>(series, 8); i < count; i++, label += LABEL_BYTES) {
    const source = load<u32>(label, 4);
    if (source == GRPC_RESPONSE_STATUS && inputLength(source) == UNKNOWN) continue;
    const name = stringAt(program, STRINGS, load<u32>(label));
    const nameLength = stringLength(program, STRINGS, load<u32>(label));
    const length = min(valueLength(program, source, load<u32>(label, 8)), MAX_VALUE_BYTES);
    if (<i64>written + nameLength + length + 3 > capacity) return -1;
    store<u8>(to + written, SEMICOLON);
    store<u8>(to + written, DOT, 1);
    memory.copy(to + written + 2, name, nameLength);
    written += nameLength + 2;
    store<u8>(to + written++, EQUALS);
    copySanitized(valueAt(program, source, load<u32>(label, 8)), length, to + written);
    written += length;
  }
  return written;
}

function valueAt(program: usize, source: u32, operand: u32): usize {
  if (source == LITERAL) return stringAt(program, STRINGS, operand);
  const slot = source == FACT ? FIRST_FACT + operand : source;
  return inputLength(slot) == UNKNOWN ? changetype<usize>(UNKNOWN_TEXT) : inputAt(slot);
}

function valueLength(program: usize, source: u32, operand: u32): i32 {
  if (source == LITERAL) return stringLength(program, STRINGS, operand);
  const slot = source == FACT ? FIRST_FACT + operand : source;
  return inputLength(slot) == UNKNOWN ? UNKNOWN_TEXT.byteLength : inputLength(slot);
}

/** Semicolons would end the value, and what is not printable ASCII may not be text at all: both become underscores. */
function copySanitized(from: usize, length: i32, to: usize): void {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(from + i);
    store<u8>(to + i, byte < 32 || byte > 126 || byte == SEMICOLON ? UNDERSCORE : byte);
  }
}
