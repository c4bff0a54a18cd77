import { ScalarType } from "@bufbuild/protobuf";
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { FeatureSet_FieldPresence as Presence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { BackwardWriter } from "./backward-writer.ts";
import { writeJsonObject } from "./canonical-json.ts";
import { fromKey, scalarOf, zeroOf } from "./canonical-scalar.ts";
import type { Scalar, WriteValue } from "./canonical-scalar.ts";

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
  const fields: WriteFields[] = [];
  const write: WriteFields = (to, message) => {
    for (const field of fields) field(to, message);
  };
  // Before the fields, as a type may hold itself.
  compiled.set(schema, write);
  for (const field of schema.fields.toSorted((a, b) => b.number - a.number)) fields.push(fieldWriter(field));
  return write;
}

function fieldWriter(field: DescField): WriteFields {
  if (field.fieldKind === "list") return listWriter(field);
  if (field.fieldKind === "map") return mapWriter(field);
  const { localName, oneof, number } = field;
  const { wire, write } =
    field.fieldKind === "message" ? messageValue(field) : scalarOf(scalarType(field), String(field));
  if (oneof !== undefined) {
    const group = oneof.localName;
    return (to, message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- how protobuf.es holds what is chosen
      const chosen = message[group] as { readonly case?: string; readonly value?: unknown };
      if (chosen.case === localName) writeTagged(to, number, wire, write, chosen.value);
    };
  }
  // Of such a field the zero value means that it is not set.
  const zero = field.fieldKind !== "message" && field.presence === Presence.IMPLICIT ? zeroOf(field) : undefined;
  return (to, message) => {
    const value = message[localName];
    if (value === undefined || Object.is(value, zero) || (zero !== undefined && isNoBytes(value))) return;
    writeTagged(to, number, wire, write, value);
  };
}

function writeTagged(to: BackwardWriter, number: number, wire: WireType, write: WriteValue, value: unknown): void {
  write(to, value);
  to.varint(number * 8 + wire);
}

function isNoBytes(value: unknown): boolean {
  return value instanceof Uint8Array && value.length === 0;
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
    const write = fieldWriter(content);
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

function listWriter(field: DescField & { readonly fieldKind: "list" }): WriteFields {
  const { localName, number } = field;
  const { wire, write } =
    field.listKind === "message" ? messageValue(field) : scalarOf(scalarType(field), String(field));
  if (field.packed) {
    const packed = inside((to, items) => each(to, listOf(items), write));
    return (to, message) => {
      const items = listOf(message[localName]);
      if (items.length > 0) writeTagged(to, number, packed.wire, packed.write, items);
    };
  }
  return (to, message) => {
    each(to, listOf(message[localName]), (_, item) => writeTagged(to, number, wire, write, item));
  };
}

function each(to: BackwardWriter, items: readonly unknown[], write: WriteValue): void {
  for (let index = items.length - 1; index >= 0; index -= 1) write(to, items[index]);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapWriter(field: DescField & { readonly fieldKind: "map" }): WriteFields {
  const { localName, number, mapKey } = field;
  const key = scalarOf(mapKey, String(field));
  const value = field.mapKind === "message" ? messageValue(field) : scalarOf(scalarType(field), String(field));
  return (to, message) => {
    const record = fieldsOf(message[localName]);
    for (const name of Object.keys(record).toSorted().toReversed()) {
      const before = to.length;
      writeTagged(to, 2, value.wire, value.write, record[name]);
      writeTagged(to, 1, key.wire, key.write, fromKey(name, mapKey));
      to.varint(to.length - before);
      to.varint(number * 8 + WireType.LengthDelimited);
    }
  };
}
