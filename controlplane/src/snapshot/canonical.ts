import type { DescMessage, Message } from "@bufbuild/protobuf";

/**
 * Puts the keys of all map fields and JSON objects of a message into sorted order, in place. Protobuf leaves the order
 * of map entries open and the encoder takes JavaScript's insertion order, so without this a user who only swaps two
 * labels would change the resource's hash, and every Envoy would get it again. Messages inside an Any are bytes already.
 */
export function sortMapKeys(schema: DescMessage, message: Message): void {
  sortFields(schema, message);
}

function sortFields(schema: DescMessage, message: unknown): void {
  if (!isRecord(message)) return;
  for (const field of schema.fields) {
    const value = valueOf(message, field);
    if (value === undefined) continue;
    if (field.fieldKind === "map") {
      sortKeys(value);
      if (field.mapKind === "message" && isRecord(value)) {
        for (const item of Object.values(value)) sortMessage(field.message, item);
      }
    } else if (field.fieldKind === "list") {
      if (field.listKind !== "message" || !Array.isArray(value)) continue;
      for (const item of value) sortMessage(field.message, item);
    } else if (field.fieldKind === "message") {
      sortMessage(field.message, value);
    }
  }
}

/** A Struct is a plain JSON object in protobuf-es (outside of Value, whose own case holds one). */
function sortMessage(schema: DescMessage, value: unknown): void {
  if (schema.typeName === "google.protobuf.Struct" && isRecord(value) && value.$typeName === undefined) sortJson(value);
  else sortFields(schema, value);
}

function sortJson(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) sortJson(item);
  } else if (isRecord(value)) {
    sortKeys(value);
    for (const item of Object.values(value)) sortJson(item);
  }
}

function sortKeys(value: unknown): void {
  if (!isRecord(value)) return;
  const entries = Object.entries(value);
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  if (sorted.every(([key], index) => key === entries[index]?.[0])) return;
  for (const [key, item] of sorted) {
    delete value[key];
    value[key] = item;
  }
}

function valueOf(message: Record<string, unknown>, field: DescMessage["fields"][number]): unknown {
  if (field.oneof === undefined) return message[field.localName];
  const oneof = message[field.oneof.localName];
  return isRecord(oneof) && oneof.case === field.localName ? oneof.value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
