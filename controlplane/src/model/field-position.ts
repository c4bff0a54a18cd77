import type { ParsedDocument } from "../config/parse-document.ts";
import { entryOf, type Value } from "../config/value.ts";
import { toCamelCase } from "./decode/message.ts";
import type { Position } from "./types.ts";

/**
 * Where a field such as `spec.hosts[1]` or `spec.selector.matchLabels["app"]` is written: the item of a list, else the
 * key. Of a field that is not there, the nearest one around it; undefined when not even its first part is there.
 */
export function fieldPosition(document: ParsedDocument, object: Value, field: string): Position | undefined {
  let value: Value | undefined = object;
  let offset: number | undefined;
  for (const [, name, index, key] of field.matchAll(/([\w$-]+)|\[(\d+)\]|\["([^"]*)"\]/g)) {
    if (index !== undefined) {
      value = value?.kind === "list" ? value.items[Number(index)] : undefined;
      offset = value?.offset ?? offset;
    } else {
      const entry = entryOf(value, key ?? name ?? "") ?? camelEntry(value, name ?? "");
      value = entry?.value;
      offset = entry?.keyOffset ?? offset;
    }
    if (value === undefined) break;
  }
  return offset === undefined ? undefined : document.locate(offset);
}

function camelEntry(value: Value | undefined, name: string): ReturnType<typeof entryOf> {
  return value?.kind === "map" ? value.entries.find((entry) => toCamelCase(entry.key) === name) : undefined;
}
