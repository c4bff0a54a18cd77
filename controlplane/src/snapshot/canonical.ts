import { ScalarType } from "@bufbuild/protobuf";
import type { DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { FeatureSet_FieldPresence as Presence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { BackwardWriter } from "./backward-writer.ts";
import { sortedKeys, writeJsonObject } from "./canonical-json.ts";
import { fromKey, scalarOf, zeroOf } from "./canonical-scalar.ts";
import type { Scalar, WriteValue } from "./canonical-scalar.ts";
import { specialized } from "./specialized.ts";

type Fields = Readonly<Record<string, unknown>>;
/** Writes what is set of a message, or of one of its fields. */
type WriteFields = (to: BackwardWriter, message: Fields) => void;

const writer = new BackwardWriter();

/**
 * A message as bytes, with the entries of all maps and JSON objects in the order of their keys. Protobuf leaves that order
 * open; without this a user who only swaps two labels would change the resource's hash, and every Envoy would get it
 * again. Messages inside an Any are bytes already. Throws where a number does not fit its field.
 */
export function canonicalBytes(schema: DescMessage, message: Message): Uint8Array {
  writer.clear();
  messageWriter(schema)(writer, fieldsOf(message));
  return writer.copy();
}

/** Of which types they are the schema knows. */
function fieldsOf(value: unknown): Fields {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a message or a map, as the schema has it
  return value as Fields;
}

const compiled = new WeakMap<DescMessage, WriteFields>();

/** Made once for each type, when it is first written. */
function messageWriter(schema: DescMessage): WriteFields {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  let write: WriteFields | undefined;
  // As a type may hold itself, its fields are looked at when it is first written.
  const first: WriteFields = (to, message) => {
    write ??= fieldsWriter(schema);
    if (holders.has(schema)) writeKept(to, message, write);
    else write(to, message);
  };
  compiled.set(schema, first);
  return first;
}

/** Messages whose bytes are kept, and the bytes once there are some. */
const kept = new WeakMap<object, Uint8Array | undefined>();
/** Types that have such messages: others need not be looked up. */
const holders = new Set<DescMessage>();

/**
 * Has a message written once, however often it is part of another. It must not be changed any more: for what stays the
 * same object from one run to the next.
 */
export function keepBytes<D extends DescMessage>(schema: D, message: MessageShape<D>): MessageShape<D> {
  holders.add(schema);
  if (!kept.has(message)) kept.set(message, undefined);
  return message;
}

function writeKept(to: BackwardWriter, message: Fields, write: WriteFields): void {
  const known = kept.get(message);
  if (known !== undefined) {
    to.raw(known);
    return;
  }
  const before = to.length;
  write(to, message);
  if (kept.has(message)) kept.set(message, to.copy(to.length - before));
}

/** Writes what is set, from the last field to the first. */
function fieldsWriter(schema: DescMessage): WriteFields {
  const fields = schema.fields.toSorted((a, b) => b.number - a.number);
  const body = fields.map((field, index) => {
    const name = JSON.stringify(field.localName);
    if (field.oneof === undefined)
      return `value = message[${name}]; if (${isSet(field)}) context[${index}](to, value);`;
    const group = `message[${JSON.stringify(field.oneof.localName)}]`;
    return `if (${group}.case === ${name}) context[${index}](to, ${group}.value);`;
  });
  return specialized(["to", "message"], `let value; ${body.join("\n")}`, fields.map(fieldWriter));
}

/** Whether `value`, which is the field's, has to be written, in the text of a function. */
function isSet(field: DescField): string {
  if (field.fieldKind === "list") return "value !== undefined && value.length > 0";
  const isZeroUnset =
    field.fieldKind !== "message" && field.fieldKind !== "map" && field.presence === Presence.IMPLICIT;
  return isZeroUnset ? `value !== undefined && ${differs(field)}` : "value !== undefined";
}

/** Whether `value` is another than a field without a value has, in the text of a function. */
function differs({ enum: choices, scalar }: DescField): string {
  if (choices !== undefined) return `value !== ${choices.values[0]?.number}`;
  if (scalar === ScalarType.BYTES) return "value.length > 0";
  const zero = scalar === undefined ? undefined : zeroOf(scalar);
  // 0 is no more than -0 to `===`, but it is written.
  return typeof zero === "bigint" ? `value !== ${zero}n` : `!Object.is(value, ${JSON.stringify(zero)})`;
}

function fieldWriter(field: DescField): WriteValue {
  if (field.fieldKind === "list") return listWriter(field);
  if (field.fieldKind === "map") return mapWriter(field);
  const { number } = field;
  const { wire, write } =
    field.fieldKind === "message" ? messageValue(field) : scalarOf(scalarType(field), String(field));
  return (to, value) => writeTagged(to, number, wire, write, value);
}

function writeTagged(to: BackwardWriter, number: number, wire: WireType, write: WriteValue, value: unknown): void {
  write(to, value);
  to.varint(number * 8 + wire);
}

function scalarType(field: DescField): ScalarType {
  return field.scalar ?? ScalarType.INT32;
}

/** A message within another: as JSON or as a bare scalar where protobuf.es holds it so. */
function messageValue(field: DescField & { readonly message: DescMessage }): Scalar {
  const { message: schema } = field;
  if (schema.typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value")
    return inside(writeJsonObject);
  const [content] = schema.fields;
  if (field.fieldKind === "message" && field.oneof === undefined && isWrapperDesc(schema) && content !== undefined) {
    const write = messageWriter(schema);
    return inside((to, value) => write(to, { [content.localName]: value }));
  }
  const write = messageWriter(schema);
  return inside((to, value) => write(to, fieldsOf(value)));
}

/** What comes with its length before it. */
function inside(content: WriteValue): Scalar {
  const write: WriteValue = (to, value) => {
    const before = to.length;
    content(to, value);
    to.varint(to.length - before);
  };
  return { wire: WireType.LengthDelimited, write };
}

function listWriter(field: DescField & { readonly fieldKind: "list" }): WriteValue {
  const { number } = field;
  const { wire, write } =
    field.listKind === "message" ? messageValue(field) : scalarOf(scalarType(field), String(field));
  if (field.packed) {
    const packed = inside((to, items) => each(to, listOf(items), write));
    return (to, items) => writeTagged(to, number, packed.wire, packed.write, items);
  }
  const tag = number * 8 + wire;
  return (to, items) => {
    each(to, listOf(items), (_, item) => {
      write(to, item);
      to.varint(tag);
    });
  };
}

function each(to: BackwardWriter, items: readonly unknown[], write: WriteValue): void {
  for (let index = items.length - 1; index >= 0; index -= 1) write(to, items[index]);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapWriter(field: DescField & { readonly fieldKind: "map" }): WriteValue {
  const { number, mapKey } = field;
  const key = scalarOf(mapKey, String(field));
  const value = field.mapKind === "message" ? messageValue(field) : scalarOf(scalarType(field), String(field));
  return (to, entries) => {
    const record = fieldsOf(entries);
    const names = sortedKeys(record);
    for (let index = names.length - 1; index >= 0; index -= 1) {
      const name = names[index] ?? "";
      const before = to.length;
      writeTagged(to, 2, value.wire, value.write, record[name]);
      writeTagged(to, 1, key.wire, key.write, fromKey(name, mapKey));
      to.varint(to.length - before);
      to.varint(number * 8 + WireType.LengthDelimited);
    }
  };
}
