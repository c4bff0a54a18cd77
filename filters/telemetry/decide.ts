import { indexOfByte } from "../common/bytes";
import { stringAt, stringLength, tableAt } from "../common/program";
import {
  EXPRESSION,
  expressionAt,
  FACT,
  LABEL_BYTES,
  LABELS,
  LITERAL,
  protocolOf,
  seriesAt,
  stepAt,
  STRINGS,
  TCP_PROTOCOL,
} from "./config";
import { evaluate, give, Leaves, resultAt, resultLength } from "./expression";
import { FIRST_FACT, GRPC_RESPONSE_STATUS, inputAt, inputLength, UNKNOWN } from "./inputs";
import { FACT_STEP } from "./steps";

/** Names of the metrics by their places, each ended by a comma. */
const HTTP_NAMES = String.UTF8.encode(
  "requests_total,request_duration_milliseconds,request_bytes,response_bytes,request_messages_total,response_messages_total,",
);
const TCP_NAMES = String.UTF8.encode(
  "tcp_sent_bytes_total,tcp_received_bytes_total,tcp_connections_opened_total,tcp_connections_closed_total,",
);
const PREFIX = String.UTF8.encode("istio_");
const COMMA: u8 = 44;

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
  let written = writeBaseName(protocolOf(program) == TCP_PROTOCOL ? TCP_NAMES : HTTP_NAMES, metric, to, capacity);
  if (written < 0) return -1;
  const series = seriesAt(program, metric);
  let label = tableAt(program, LABELS) + <usize>load<u32>(series, 4) * LABEL_BYTES;
  for (let i: u32 = 0, count = load<u32>(series, 8); i < count; i++, label += LABEL_BYTES) {
    const source = load<u32>(label, 4);
    if (source == GRPC_RESPONSE_STATUS && inputLength(source) == UNKNOWN) continue;
    const name = stringAt(program, STRINGS, load<u32>(label));
    const nameLength = stringLength(program, STRINGS, load<u32>(label));
    findValue(program, source, load<u32>(label, 8));
    const length = min(resultLength(), MAX_VALUE_BYTES);
    if (<i64>written + nameLength + length + 3 > capacity) return -1;
    store<u8>(to + written, SEMICOLON);
    store<u8>(to + written, DOT, 1);
    memory.copy(to + written + 2, name, nameLength);
    written += nameLength + 2;
    store<u8>(to + written++, EQUALS);
    copySanitized(resultAt(), length, to + written);
    written += length;
  }
  return written;
}

function writeBaseName(names: ArrayBuffer, metric: i32, to: usize, capacity: i32): i32 {
  let name = changetype<usize>(names);
  const end = name + names.byteLength;
  for (let i = 0; i < metric; i++) name += indexOfByte(name, <i32>(end - name), COMMA) + 1;
  const length = indexOfByte(name, <i32>(end - name), COMMA);
  if (PREFIX.byteLength + length > capacity) return -1;
  memory.copy(to, changetype<usize>(PREFIX), PREFIX.byteLength);
  memory.copy(to + PREFIX.byteLength, name, length);
  return PREFIX.byteLength + length;
}

/** What a label's expression is made of: the inputs. */
class InputLeaves extends Leaves {
  read(code: u32, operand: u32): void {
    const slot = code == FACT_STEP ? FIRST_FACT + operand : operand;
    give(inputAt(slot), inputLength(slot));
  }
}

const inputLeaves = new InputLeaves();

/** The value of a label, as the result of an expression. */
function findValue(program: usize, source: u32, operand: u32): void {
  if (source == LITERAL) {
    give(stringAt(program, STRINGS, operand), stringLength(program, STRINGS, operand));
  } else if (source == EXPRESSION) {
    const expression = expressionAt(program, operand);
    evaluate(program, stepAt(program, load<u32>(expression)), load<u32>(expression, 4), inputLeaves);
  } else {
    const slot = source == FACT ? FIRST_FACT + operand : source;
    give(inputAt(slot), inputLength(slot));
  }
  if (resultLength() == UNKNOWN) give(changetype<usize>(UNKNOWN_TEXT), UNKNOWN_TEXT.byteLength);
}

/** Semicolons would end the value, and what is not printable ASCII may not be text at all: both become underscores. */
function copySanitized(from: usize, length: i32, to: usize): void {
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(from + i);
    store<u8>(to + i, byte < 32 || byte > 126 || byte == SEMICOLON ? UNDERSCORE : byte);
  }
}
