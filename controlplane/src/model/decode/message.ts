import { describe, isNull, type MapEntry, type MapValue, type Value } from "../../config/value.ts";
import { listAllowed, nearest } from "../suggestion.ts";
import { errorCount, reportError, reportUnsupported, type Context } from "./context.ts";
import type { Decoder } from "./decoder.ts";

type Decoders = Readonly<Record<string, Decoder<unknown>>>;
type Read<D> = D extends Decoder<infer T> ? T : never;

/** What a message's builder is given: required fields are there, optional ones may be undefined. */
export type Given<R extends Decoders, O extends Decoders> = { readonly [K in keyof R]: Read<R[K]> } & {
  readonly [K in keyof O]: Read<O[K]> | undefined;
};

/** The fields of a protobuf message, by their JSON names; snake_case is accepted for each. */
export interface Fields<R extends Decoders, O extends Decoders> {
  readonly required?: R;
  readonly optional?: O;
  /** Fields that Istio has and Sluice refuses for now. */
  readonly later?: readonly string[];
  /** Fields that Istio has and Sluice refuses, each with the reason and with what to write instead. */
  readonly refused?: Readonly<Record<string, { readonly reason: string; readonly fix: string }>>;
  /** Fields that may be there and mean nothing here. */
  readonly ignored?: readonly string[];
  /** Unknown fields that belong below a field of this message, by their names; `*` stands for all others. */
  readonly inside?: Readonly<Record<string, string>>;
  /** How a required field might be written, for the one who left it out. */
  readonly examples?: { readonly [K in keyof R]?: string };
}

/** Where a message stands, for checks that look at several of its fields. */
export interface Place {
  readonly path: string;
  readonly context: Context;
  /** Offset of the message itself. */
  readonly offset: number;
  /** Offset of a field's key; the message's own where the field is absent. */
  key(field: string): number;
  /** Offset of a value by field names and list indexes; of the nearest one around it where it is absent. */
  value(...steps: readonly (string | number)[]): number;
}

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- a message may have no required, or no optional, field
export type NoFields = Record<never, never>;

/**
 * A decoder of one protobuf message. `build` runs only when every field is good, so that checks across fields never
 * look at half a message; it returns undefined when it has reported an error.
 */
export function message<T, R extends Decoders = NoFields, O extends Decoders = NoFields>(
  name: string,
  fields: Fields<R, O>,
  build: (given: Given<R, O>, place: Place) => T | undefined,
): Decoder<T> {
  const decoders = new Map<string, Decoder<unknown>>([
    ...Object.entries(fields.optional ?? {}),
    ...Object.entries(fields.required ?? {}),
  ]);
  const required = Object.keys(fields.required ?? {});
  const inside = new Map(Object.entries(fields.inside ?? {}));
  const examples: Readonly<Record<string, string | undefined>> = fields.examples ?? {};
  const [later, ignored] = [new Set(fields.later), new Set(fields.ignored)];
  const refused = new Map(Object.entries(fields.refused ?? {}));
  const shape: Shape = { name, decoders, later, refused, ignored, inside };
  return (value, path, context) => {
    if (value.kind !== "map") {
      return reportNoMap(shape, value, path, context);
    }
    const before = errorCount(context);
    const meant = new Set<string>();
    const entries = sortOut(shape, value, path, context, meant);
    const given: Record<string, unknown> = {};
    for (const [field, entry] of entries) given[field] = decoders.get(field)?.(entry.value, join(path, field), context);
    for (const field of required)
      if (!entries.has(field) && !meant.has(field)) reportMissing(field, examples[field], value, path, context);
    if (errorCount(context) > before) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every decoder has run without an error, so `given` is what they promise
    return build(given as Given<R, O>, placeOf(value, entries, path, context));
  };
}

interface Shape {
  readonly name: string;
  readonly decoders: ReadonlyMap<string, Decoder<unknown>>;
  readonly later: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, { readonly reason: string; readonly fix: string }>;
  readonly ignored: ReadonlySet<string>;
  readonly inside: ReadonlyMap<string, string>;
}

function reportNoMap(shape: Shape, value: Value, path: string, context: Context): undefined {
  const [only, ...others] = shape.decoders.keys();
  const written = value.kind === "scalar" && only !== undefined && others.length === 0;
  const isAList = value.kind === "list" ? 'leave out the "- "' : undefined;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} must be a map (${shape.name}), not ${describe(value)}`,
    allowed: allowedFields(shape),
    fix: written ? `write ${lastName(path)}: { ${only}: ${value.source} }` : isAList,
  });
}

/** The field's own name at the end of a path. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/**
 * The entries by canonical field name, without nulls; reports unknown, unsupported and repeated fields at their keys.
 * `meant` collects the fields that misspelled ones were taken for: to call those missing too would be one mistake told twice.
 */
function sortOut(
  shape: Shape,
  map: MapValue,
  path: string,
  context: Context,
  meant: Set<string>,
): Map<string, MapEntry> {
  const entries = new Map<string, MapEntry>();
  for (const entry of map.entries) {
    const field = shape.decoders.has(entry.key) ? entry.key : toCamelCase(entry.key);
    const here = join(path, entry.key);
    if (shape.ignored.has(field)) continue;
    const refusal = shape.refused.get(field);
    if (refusal !== undefined) {
      reportError(context, {
        offset: entry.keyOffset,
        path: here,
        code: "SLU0004",
        message: `${here} is not supported: ${refusal.reason}`,
        fix: refusal.fix,
      });
    } else if (shape.later.has(field)) reportUnsupported(context, entry.keyOffset, here, here);
    else if (!shape.decoders.has(field)) meant.add(reportUnknown(shape, entry, here, context) ?? "");
    else if (entries.has(field))
      reportError(context, { offset: entry.keyOffset, path: here, message: `${here} is given twice` });
    else if (!isNull(entry.value)) entries.set(field, entry);
  }
  return entries;
}

/** Returns the field that was meant, if one is near. */
function reportUnknown(shape: Shape, entry: MapEntry, path: string, context: Context): string | undefined {
  const known = [...shape.decoders.keys(), ...shape.later, ...shape.refused.keys()];
  const near = nearest(toCamelCase(entry.key), known);
  const above = near === undefined ? (shape.inside.get(entry.key) ?? shape.inside.get("*")) : undefined;
  const fix = near === undefined ? undefined : `did you mean "${near}"?`;
  reportError(context, {
    offset: entry.keyOffset,
    path,
    message: `${path} is not a field of ${shape.name}`,
    allowed: allowedFields(shape),
    fix: above === undefined ? fix : `put it below ${above}`,
  });
  return near ?? above;
}

function reportMissing(
  field: string,
  example: string | undefined,
  map: MapValue,
  path: string,
  context: Context,
): void {
  const empty = map.entries.find((entry) => entry.key === field || toCamelCase(entry.key) === field);
  const here = join(path, field);
  reportError(context, {
    offset: empty?.keyOffset ?? map.offset,
    path: here,
    message: empty === undefined ? `${here} is required` : `${here} is required, and has no value`,
    fix: example === undefined ? undefined : `add ${field}: ${example}`,
  });
}

function placeOf(map: MapValue, entries: ReadonlyMap<string, MapEntry>, path: string, context: Context): Place {
  return {
    path,
    context,
    offset: map.offset,
    key: (field) => entries.get(field)?.keyOffset ?? map.offset,
    value: (...steps) => offsetOf(map, steps),
  };
}

function offsetOf(from: Value, steps: readonly (string | number)[]): number {
  let at = from;
  for (const step of steps) {
    const next = typeof step === "number" ? (at.kind === "list" ? at.items[step] : undefined) : fieldValue(at, step);
    if (next === undefined) break;
    at = next;
  }
  return at.offset;
}

function fieldValue(value: Value, field: string): Value | undefined {
  return value.kind === "map"
    ? value.entries.find((entry) => entry.key === field || toCamelCase(entry.key) === field)?.value
    : undefined;
}

/** Protobuf's JSON name of a field written with underscores. */
export function toCamelCase(field: string): string {
  return field.includes("_") ? field.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : field;
}

/** `spec.http` and `name` make `spec.http.name`. */
export function join(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

function allowedFields(shape: Shape): string {
  return listAllowed([...shape.decoders.keys()].toSorted());
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without its undefined fields, so that "absent" has one form in the model. */
export function defined<T extends object>(fields: T): Defined<T> {
  const result: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) result[field] = value;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only undefined members are dropped, which is what the type says
  return result as Defined<T>;
}
