import type { BackwardWriter } from "./backward-writer.ts";

/** The fields of google.protobuf.Struct, ListValue and Value, as tags. */
const tags = { fields: 0x0a, key: 0x0a, value: 0x12, values: 0x0a } as const;
const kinds = { null: 0x08, number: 0x11, string: 0x1a, boolean: 0x20, object: 0x2a, list: 0x32 } as const;

/** The content of a Struct, which is a JSON object in memory. */
export function writeJsonObject(to: BackwardWriter, object: unknown): void {
  const entries = Object.entries(object ?? {}).toSorted(([a], [b]) => (a < b ? 1 : -1));
  for (const [key, value] of entries) {
    const before = to.length;
    within(to, tags.value, () => writeJsonValue(to, value));
    within(to, tags.key, () => to.text(key));
    to.varint(to.length - before);
    to.varint(tags.fields);
  }
}

function writeJsonValue(to: BackwardWriter, value: unknown): void {
  if (typeof value === "string") within(to, kinds.string, () => to.text(value));
  else if (typeof value === "number") {
    to.double(value);
    to.varint(kinds.number);
  } else if (typeof value === "boolean") {
    to.varint(value ? 1 : 0);
    to.varint(kinds.boolean);
  } else if (Array.isArray(value)) {
    within(to, kinds.list, () => {
      for (const item of value.toReversed()) within(to, tags.values, () => writeJsonValue(to, item));
    });
  } else if (typeof value === "object" && value !== null) {
    within(to, kinds.object, () => writeJsonObject(to, value));
  } else {
    to.varint(0);
    to.varint(kinds.null);
  }
}

function within(to: BackwardWriter, tag: number, write: () => void): void {
  const before = to.length;
  write();
  to.varint(to.length - before);
  to.varint(tag);
}
