import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** A place where two JSON values differ; absent on the side that does not have it. */
export interface FieldChange {
  /** As `virtual_hosts[reviews:9080].routes[canary].route.timeout`: items that have a name stand under it. */
  readonly path: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** Where two values differ, as deep as both have the same shape. */
export function jsonChanges(before: JsonValue | undefined, after: JsonValue | undefined, path = ""): FieldChange[] {
  if (isObject(before) && isObject(after)) return objectChanges(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, path);
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function objectChanges(before: JsonObject, after: JsonObject, path: string): FieldChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => jsonChanges(before[name], after[name], path === "" ? name : `${path}.${name}`));
}

function listChanges(before: readonly JsonValue[], after: readonly JsonValue[], path: string): FieldChange[] {
  const [old, now] = [keyed(before), keyed(after)];
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((key) =>
    jsonChanges(old.get(key), now.get(key), `${path}[${key}]`),
  );
  if (changes.length > 0 || JSON.stringify(before) === JSON.stringify(after)) return changes;
  return [{ path: `${path} (order)`, before: [...old.keys()], after: [...now.keys()] }];
}

/** Items by their name, or by their place where they have none or share it with another. */
function keyed(list: readonly JsonValue[]): Map<string, JsonValue> {
  const names = list.map((item) => (isObject(item) && typeof item["name"] === "string" ? item["name"] : ""));
  const isUnique = new Set(names).size === names.length && !names.includes("");
  return new Map(list.map((item, index) => [isUnique ? (names[index] ?? "") : String(index), item]));
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
