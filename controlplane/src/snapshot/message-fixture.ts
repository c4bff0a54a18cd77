import { ScalarType } from "@bufbuild/protobuf";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import * as fc from "fast-check";

export type Take = <T>(arbitrary: () => fc.Arbitrary<T>) => T;

/** Some of the fields of a message, down to a depth, to create it of; maps and JSON objects with their keys in order. */
export function someFields(schema: DescMessage, take: Take, depth: number): Record<string, unknown> {
  const init: Record<string, unknown> = {};
  for (const field of schema.fields) {
    if (depth === 0 || take(() => fc.nat(3)) > 0) continue;
    const value = someField(field, take, depth);
    if (field.oneof === undefined) init[field.localName] = value;
    else init[field.oneof.localName] = { case: field.localName, value };
  }
  return init;
}

function someField(field: DescField, take: Take, depth: number): unknown {
  const count = (): number[] => [...Array(take(() => fc.nat(2))).keys()];
  const one = (): unknown =>
    field.message === undefined ? someScalar(field, take) : someInner(field, field.message, take, depth);
  if (field.fieldKind === "list") return count().map(one);
  if (field.fieldKind !== "map") return one();
  const keys = count().map((index) =>
    field.mapKey === ScalarType.STRING ? `${"abc"[index]}${take(() => fc.string())}` : String(index),
  );
  return Object.fromEntries(keys.map((key) => [key, one()]));
}

function someInner(field: DescField, schema: DescMessage, take: Take, depth: number): unknown {
  if (schema.typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value")
    return inOrder(
      take(() =>
        fc.dictionary(
          fc.string({ minLength: 1 }).map((key) => `k${key}`),
          fc.jsonValue(),
        ),
      ),
    );
  const [content] = schema.fields;
  if (field.fieldKind === "message" && field.oneof === undefined && isWrapperDesc(schema) && content !== undefined)
    return someScalar(content, take);
  return someFields(schema, take, depth - 1);
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [`k${key}`, inOrder(item)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function someScalar({ enum: choices, scalar }: DescField, take: Take): unknown {
  if (choices !== undefined) return take(() => fc.constantFrom(...choices.values.map(({ number }) => number)));
  return take(SCALARS[scalar ?? ScalarType.INT32]);
}

const uint32 = (): fc.Arbitrary<number> => fc.nat(0xffffffff);
const uint64 = (): fc.Arbitrary<bigint> => fc.bigInt(0n, (1n << 64n) - 1n);
const int64 = (): fc.Arbitrary<bigint> => fc.bigInt(-(1n << 63n), (1n << 63n) - 1n);
const int32 = (): fc.Arbitrary<number> => fc.integer();

const SCALARS: Readonly<Record<ScalarType, () => fc.Arbitrary<unknown>>> = {
  [ScalarType.STRING]: () => fc.oneof(fc.string({ unit: "binary" }), fc.constant("long ".repeat(50))),
  [ScalarType.BYTES]: () => fc.uint8Array(),
  [ScalarType.BOOL]: () => fc.boolean(),
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.UINT64]: uint64,
  [ScalarType.FIXED64]: uint64,
  [ScalarType.INT64]: int64,
  [ScalarType.SINT64]: int64,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.INT32]: int32,
  [ScalarType.SINT32]: int32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.DOUBLE]: () => fc.double({ noNaN: true }),
  [ScalarType.FLOAT]: () => fc.float({ noNaN: true }),
};
