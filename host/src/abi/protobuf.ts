import { toBytes } from "./bytes.ts";

/** One field of a protobuf message: a varint, or the bytes of a length-delimited one. */
export interface ProtoField {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/**
 * The fields of a message in order, or undefined for bytes that are none. Fixed-width fields come as their bytes. As much of
 * protobuf as Envoy's foreign functions and GrpcService need.
 */
export function readProto(bytes: Uint8Array): readonly ProtoField[] | undefined {
  const fields: ProtoField[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    if (tag === undefined) return undefined;
    const number = Number(tag.value >> 3n);
    const field = readValue(bytes, tag.next, Number(tag.value & 7n));
    if (field === undefined || number === 0) return undefined;
    fields.push({ number, value: field.value });
    at = field.next;
  }
  return fields;
}

/** The last field of that number that is bytes. */
export function bytesField(fields: readonly ProtoField[], number: number): Uint8Array | undefined {
  const value = fields.findLast((field) => field.number === number && typeof field.value !== "bigint")?.value;
  return value instanceof Uint8Array ? value : undefined;
}

/** Writes fields in order; a default value (0, false, no bytes) is left out, as protobuf does. */
export function writeProto(
  fields: readonly (readonly [number: number, value: number | boolean | string | Uint8Array])[],
): Uint8Array {
  const out: number[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "number" || typeof value === "boolean") {
      if (Number(value) !== 0) out.push(...varint(number << 3), ...varint(Number(value)));
      continue;
    }
    const bytes = toBytes(value);
    if (bytes.length > 0) out.push(...varint((number << 3) | 2), ...varint(bytes.length), ...bytes);
  }
  return Uint8Array.from(out);
}

type Read<T> = { readonly value: T; readonly next: number } | undefined;

function readValue(bytes: Uint8Array, at: number, wireType: number): Read<bigint | Uint8Array> {
  if (wireType === 0) return readVarint(bytes, at);
  if (wireType === 1) return take(bytes, at, 8);
  if (wireType === 5) return take(bytes, at, 4);
  if (wireType !== 2) return undefined;
  const length = readVarint(bytes, at);
  return length === undefined ? undefined : take(bytes, length.next, Number(length.value));
}

function take(bytes: Uint8Array, at: number, length: number): Read<Uint8Array> {
  const next = at + length;
  return next > bytes.length ? undefined : { value: bytes.slice(at, next), next };
}

function readVarint(bytes: Uint8Array, at: number): Read<bigint> {
  let value = 0n;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, next: at + index + 1 };
  }
  return undefined;
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
  return out;
}
