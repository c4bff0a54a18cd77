import { describe, isNull } from "../../config/value.ts";
import { reportError } from "./context.ts";
import type { Decoder } from "./decoder.ts";
import { lastName } from "./message.ts";
import { string } from "./scalars.ts";

/** A repeated field. Every item is looked at; one bad item fails the list. */
export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (value, path, context) => {
    if (value.kind !== "list") {
      const fix =
        value.kind === "scalar"
          ? `write ${lastName(path)}: [${inList(value.source)}]`
          : 'put "- " before the first field of each item';
      return reportError(context, {
        offset: value.offset,
        path,
        message: `${path} must be a list, not ${describe(value)}`,
        fix,
      });
    }
    const items: T[] = [];
    for (const [index, one] of value.items.entries()) {
      const here = `${path}[${index}]`;
      const read = isNull(one)
        ? reportError(context, { offset: one.offset, path: here, message: `${here} must not be empty` })
        : item(one, here, context);
      if (read !== undefined) items.push(read);
    }
    return items.length === value.items.length ? items : undefined;
  };
}

/** Text as it may stand in brackets. */
function inList(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

/** A repeated field that must have an item. */
export function nonEmptyList<T>(item: Decoder<T>): Decoder<readonly T[]> {
  const decode = list(item);
  return (value, path, context) => {
    const items = decode(value, path, context);
    if (items === undefined || items.length > 0) return items;
    return reportError(context, { offset: value.offset, path, message: `${path} must have at least one item` });
  };
}

/** A protobuf map. `key` checks and may rewrite a key; its errors stand at the key. */
export function mapOf<T>(item: Decoder<T>, key: Decoder<string> = string): Decoder<Readonly<Record<string, T>>> {
  return (value, path, context) => {
    if (value.kind !== "map")
      return reportError(context, {
        offset: value.offset,
        path,
        message: `${path} must be a map of names to values, not ${describe(value)}`,
        fix: value.kind === "list" ? 'write "name: value" without "- "' : undefined,
      });
    const result = new Map<string, T>();
    let good = true;
    for (const entry of value.entries) {
      const here = `${path}[${JSON.stringify(entry.key)}]`;
      const name = key({ kind: "scalar", value: entry.key, source: entry.key, offset: entry.keyOffset }, here, context);
      const read = isNull(entry.value)
        ? reportError(context, { offset: entry.keyOffset, path: here, message: `${here} has no value` })
        : item(entry.value, here, context);
      if (name === undefined || read === undefined) good = false;
      else result.set(name, read);
    }
    // fromEntries defines own properties, so a key such as __proto__ is data.
    return good ? Object.fromEntries(result) : undefined;
  };
}
