import type { BackwardWriter } from "./backward-writer.ts";

/** The fields of google.protobuf.Struct, ListValue and Value, as tags. */
const tags = { fields: 0x0a, key: 0x0a, value: 0x12, values: 0x0a } as const;
const kinds = { null: 0x08, number: 0x11, string: 0x1a, boolean: 0x20, object: 0x2a, list: 0x32 } as const;

/** The content of a Struct, which is a JSON object in memory. */
export function writeJsonObject(to: BackwardWriter, object: unknown): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read by the keys that it has
  const record = (object ?? {}) as Readonly<Record<string, unknown>>;
  const keys = sortedKeys(record);
  for (let index = keys.length - 1; index >= 0; index -= 1) {
    const key = keys[index] ?? "";
    const before = to.length;
    writeJsonValue(to, record[key]);
    end(to, tags.value, before);
    writeText(to, tags.key, key);
    end(to, tags.fields, before);
  }
}

/** The keys of a map or an object, in order. */
export function sortedKeys(record: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = Object.keys(record);
  return keys.length > 1 ? keys.toSorted() : keys;
}

function writeJsonValue(to: BackwardWriter, value: unknown): void {
  const before = to.length;
  if (typeof value === "string") writeText(to, kinds.string, value);
  else if (typeof value === "number") {
    to.double(value);
    to.varint(kinds.number);
  } else if (typeof value === "boolean") {
    to.varint(value ? 1 : 0);
    to.varint(kinds.boolean);
  } else if (Array.isArray(value)) {
    for (const item of value.toReversed()) writeItem(to, item);
    end(to, kinds.list, before);
  } else if (typeof value === "object" && value !== null) {
    writeJsonObject(to, value);
    end(to, kinds.object, before);
  } else {
    to.varint(0);
    to.varint(kinds.null);
  }
}

function writeItem(to: BackwardWriter, value: unknown): void {
  const before = to.length;
  writeJsonValue(to, value);
  end(to, tags.values, before);
}

function writeText(to: BackwardWriter, tag: number, text: string): void {
  const before = to.length;
  to.text(text);
  end(to, tag, before);
}

/** The length of what was written since, and a tag: they stand before it. */
function end(to: BackwardWriter, tag: number, before: number): void {
  to.varint(to.length - before);
  to.varint(tag);
}
