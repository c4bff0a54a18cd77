import type { Value } from "../config/value.ts";

/** A YAML value without its places, for the fields of kinds that the model does not decode. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

export function toPlain(value: Value): Plain {
  if (value.kind === "scalar") return value.value;
  if (value.kind === "list") return value.items.map(toPlain);
  return Object.fromEntries(value.entries.map((entry) => [entry.key, toPlain(entry.value)]));
}

/** What is found by going down these keys; undefined where one of them is not there. */
export function plainAt(value: Plain | undefined, ...keys: readonly string[]): Plain | undefined {
  let at = value;
  for (const key of keys) at = isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** A list, or [] for anything else: what has a wrong type is the schema's to report. */
export function plainList(value: Plain | undefined): readonly Plain[] {
  return Array.isArray(value) ? value : [];
}

export function plainText(value: Plain | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The entries of a map whose values are strings. */
export function plainLabels(value: Plain | undefined): Readonly<Record<string, string>> {
  const entries = isMap(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.flatMap(([key, text]) => (typeof text === "string" ? [[key, text]] : [])));
}

/** The keys of a map. */
export function plainKeys(value: Plain | undefined): readonly string[] {
  return isMap(value) ? Object.keys(value) : [];
}

function isMap(value: Plain | undefined): value is { readonly [key: string]: Plain } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
