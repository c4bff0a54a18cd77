import { visible } from "./visible.ts";

/**
 * A YAML document after aliases and merge keys are resolved: plain data that still knows where it was written.
 * `offset` counts UTF-16 units from the start of the document's text, see `ParsedDocument.locate`.
 */
export type Value = ScalarValue | ListValue | MapValue;

export interface ScalarValue {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As written, without quotes: tells `1.0` from `1`. */
  readonly source: string;
  readonly offset: number;
}

export interface ListValue {
  readonly kind: "list";
  readonly items: readonly Value[];
  readonly offset: number;
}

export interface MapValue {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
  readonly offset: number;
}

export interface MapEntry {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: Value;
}

/** The entry of a map by its exact key. */
export function entryOf(value: Value | undefined, key: string): MapEntry | undefined {
  return value?.kind === "map" ? value.entries.find((entry) => entry.key === key) : undefined;
}

/** The string under a key, if there is one; used where a wrong type is reported elsewhere. */
export function stringAt(value: Value | undefined, key: string): string | undefined {
  const found = entryOf(value, key)?.value;
  return found?.kind === "scalar" && typeof found.value === "string" ? found.value : undefined;
}

/** YAML's null in any spelling, also a key without a value. Protobuf JSON reads it as "not given". */
export function isNull(value: Value): boolean {
  return value.kind === "scalar" && value.value === null;
}

/** How a message names what it found: `the number 7`, `a list`. */
export function describe(value: Value): string {
  if (value.kind !== "scalar") return `a ${value.kind}`;
  if (value.value === null) return "nothing";
  const kind = typeof value.value;
  return kind === "string" ? `"${visible(value.source)}"` : `the ${kind} ${value.source}`;
}
