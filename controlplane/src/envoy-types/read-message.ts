import { fromJson } from "@bufbuild/protobuf";
import type { DescField, DescMessage, JsonObject, JsonValue, Message } from "@bufbuild/protobuf";
import { describe, isNull, type MapEntry, type MapValue, type Value } from "../config/value.ts";
import { configurationTypes, envoyTypes } from "./registry.ts";

/** What is wrong with a message, and where. */
export interface Problem {
  readonly offset: number;
  readonly path: string;
  readonly message: string;
  /** What would be right. */
  readonly allowed?: string;
  /** The name that is unknown, and those that are known in its place. */
  readonly unknown?: { readonly name: string; readonly known: readonly string[]; readonly what: "field" | "type" };
}

export type Read = { readonly message: Message } | { readonly problems: readonly [Problem, ...Problem[]] };

const TYPE_KEY = "@type";

/** Types that protobuf writes in a JSON form of their own. */
const LEAVES = new Set([
  "google.protobuf.Duration",
  "google.protobuf.Timestamp",
  "google.protobuf.FieldMask",
  "google.protobuf.Struct",
  "google.protobuf.Value",
  "google.protobuf.ListValue",
  "google.protobuf.BoolValue",
  "google.protobuf.BytesValue",
  "google.protobuf.DoubleValue",
  "google.protobuf.FloatValue",
  "google.protobuf.Int32Value",
  "google.protobuf.Int64Value",
  "google.protobuf.StringValue",
  "google.protobuf.UInt32Value",
  "google.protobuf.UInt64Value",
]);

/**
 * Reads a message of Envoy as protobuf's JSON has it, in either spelling of its fields. Every mistake is told with its
 * place; a message with one is none.
 */
export function readMessage(schema: DescMessage, value: Value, path: string): Read {
  const problems: Problem[] = [];
  checkMessage(schema, value, path, problems);
  const [first, ...others] = problems;
  if (first !== undefined) return { problems: [first, ...others] };
  try {
    return { message: fromJson(schema, toJsonValue(value), { registry: envoyTypes }) };
  } catch (error) {
    return { problems: [{ offset: value.offset, path, message: `${path} is no ${schema.name}: ${reason(error)}` }] };
  }
}

function checkMessage(schema: DescMessage, value: Value, path: string, problems: Problem[]): void {
  if (schema.typeName === "google.protobuf.Any") checkAny(value, path, problems);
  else if (value.kind === "map") checkFields(schema, value, path, problems);
  else {
    const message = `${path} must be a map (${schema.name}), not ${describe(value)}`;
    problems.push({ offset: value.offset, path, message });
  }
}

function checkFields(schema: DescMessage, map: MapValue, path: string, problems: Problem[]): void {
  const seen = new Map<string, string>();
  for (const entry of map.entries) {
    if (entry.key === TYPE_KEY) continue;
    const here = `${path}.${entry.key}`;
    const field = schema.fields.find(({ name, jsonName }) => name === entry.key || jsonName === entry.key);
    if (field === undefined) {
      const known = schema.fields.map(({ name }) => name);
      const message = `${here} is not a field of ${schema.typeName}`;
      problems.push({
        offset: entry.keyOffset,
        path: here,
        message,
        unknown: { name: entry.key, known, what: "field" },
      });
      continue;
    }
    if (isNull(entry.value)) continue;
    const group = field.oneof?.name ?? field.name;
    const other = seen.get(group);
    seen.set(group, entry.key);
    if (other === undefined) checkField(schema, field, entry, here, problems);
    else problems.push({ offset: entry.keyOffset, path: here, message: `${here} and ${other} exclude each other` });
  }
}

function checkField(schema: DescMessage, field: DescField, entry: MapEntry, path: string, problems: Problem[]): void {
  const nested = field.fieldKind === "scalar" || field.fieldKind === "enum" ? undefined : field.message;
  const { value } = entry;
  if (nested === undefined || LEAVES.has(nested.typeName)) return tryField(schema, field, entry, path, problems);
  if (field.fieldKind === "list" && value.kind === "list") {
    for (const [index, item] of value.items.entries()) checkMessage(nested, item, `${path}[${index}]`, problems);
  } else if (field.fieldKind === "map" && value.kind === "map") {
    for (const { key, value: item } of value.entries) {
      checkMessage(nested, item, `${path}[${JSON.stringify(key)}]`, problems);
    }
  } else if (field.fieldKind === "message") checkMessage(nested, value, path, problems);
  else {
    const message = `${path} must be a ${field.fieldKind}, not ${describe(value)}`;
    problems.push({ offset: value.offset, path, message });
  }
}

/** Reads the field alone, as protobuf's own reader knows best what it takes. */
function tryField(
  schema: DescMessage,
  field: DescField,
  { key, value }: MapEntry,
  path: string,
  problems: Problem[],
): void {
  try {
    fromJson(schema, { [key]: toJsonValue(value) }, { registry: envoyTypes });
  } catch (error) {
    const message = `${path} has a value that does not fit: ${reason(error)}`;
    const allowed = allowedIn(field);
    problems.push({ offset: value.offset, path, message, ...(allowed === undefined ? {} : { allowed }) });
  }
}

function allowedIn(field: DescField): string | undefined {
  if (field.fieldKind === "enum") return field.enum.values.map(({ name }) => name).join(", ");
  const type = field.fieldKind === "message" ? field.message.typeName : undefined;
  return type === "google.protobuf.Duration" ? "seconds with an s, such as 0.25s" : undefined;
}

function checkAny(value: Value, path: string, problems: Problem[]): void {
  const type = value.kind === "map" ? value.entries.find(({ key }) => key === TYPE_KEY) : undefined;
  const url = type?.value.kind === "scalar" ? type.value.value : undefined;
  if (value.kind !== "map" || type === undefined || typeof url !== "string") {
    const message = `${path} must be a map with "${TYPE_KEY}", which names the type of the configuration`;
    problems.push({ offset: type?.value.offset ?? value.offset, path, message });
    return;
  }
  const name = url.slice(url.lastIndexOf("/") + 1);
  const schema = envoyTypes.getMessage(name);
  if (schema === undefined) {
    const message = `${path}["${TYPE_KEY}"] names the unknown type ${name}`;
    const known = configurationTypes();
    problems.push({ offset: type.value.offset, path, message, unknown: { name, known, what: "type" } });
  } else if (!url.includes("/")) {
    const message = `${path}["${TYPE_KEY}"] must begin with type.googleapis.com/`;
    problems.push({ offset: type.value.offset, path, message });
  } else if (!LEAVES.has(schema.typeName)) checkFields(schema, value, path, problems);
}

function toJsonValue(value: Value): JsonValue {
  if (value.kind === "scalar") return value.value;
  if (value.kind === "list") return value.items.map(toJsonValue);
  const entries = value.entries.map(({ key, value: item }): [string, JsonValue] => [key, toJsonValue(item)]);
  // fromEntries defines own properties, so a key such as __proto__ is data.
  return Object.fromEntries(entries) satisfies JsonObject;
}

/** Protobuf's own words without the name of the field, which stands before them. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^(cannot decode (field|message|oneof) \S+ from JSON: )+/, "");
}
