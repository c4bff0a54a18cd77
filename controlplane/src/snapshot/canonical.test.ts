import { create, fromBinary, ScalarType, toBinary } from "@bufbuild/protobuf";
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { MetadataSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import { canonicalBytes } from "./canonical.ts";

const runs = Number(process.env["SLUICE_PROPERTY_RUNS"] ?? 25);

type Take = <T>(arbitrary: () => fc.Arbitrary<T>) => T;

/** A message of a type with some of its fields, down to a depth; maps and JSON objects with their keys in order. */
function someMessage(schema: DescMessage, take: Take, depth: number): Message {
  const init: Record<string, unknown> = {};
  for (const field of schema.fields) {
    if (depth === 0 || take(() => fc.nat(3)) > 0) continue;
    const value = someField(field, take, depth);
    if (field.oneof === undefined) init[field.localName] = value;
    else init[field.oneof.localName] = { case: field.localName, value };
  }
  return create(schema, init);
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
  return someMessage(schema, take, depth - 1);
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

describe("bytes", () => {
  const schemas: readonly DescMessage[] = [
    ClusterSchema,
    ClusterLoadAssignmentSchema,
    ListenerSchema,
    RouteConfigurationSchema,
  ];
  test.each(schemas)("of a $typeName are those of protobuf.es, where keys are in order", (schema) => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const message = someMessage(schema, (arbitrary) => gen(arbitrary), 2);
        const bytes = canonicalBytes(schema, message);
        expect(Buffer.from(bytes).equals(toBinary(schema, message))).toBe(true);
      }),
      { numRuns: runs },
    );
  });

  test("do not depend on the order in which a user wrote a map", () => {
    const written = [
      { a: { x: 1, y: { p: [{ m: 1, n: 2 }], q: null } }, b: { z: "ü" } },
      { b: { z: "ü" }, a: { y: { q: null, p: [{ n: 2, m: 1 }] }, x: 1 } },
    ].map((filterMetadata) => create(MetadataSchema, { filterMetadata }));
    const [first, second] = written.map((message) =>
      Buffer.from(canonicalBytes(MetadataSchema, message)).toString("hex"),
    );
    expect(second).toBe(first);
    expect(fromBinary(MetadataSchema, Buffer.from(first ?? "", "hex"))).toEqual(written[0]);
  });

  test("of more than the writer has room for", () => {
    const message = create(RouteConfigurationSchema, {
      name: "é".repeat(100_000),
      internalOnlyHeaders: ["b".repeat(200_000)],
    });
    expect(
      Buffer.from(canonicalBytes(RouteConfigurationSchema, message)).equals(
        toBinary(RouteConfigurationSchema, message),
      ),
    ).toBe(true);
  });

  test.each([-1, 1.5, 2 ** 32, Number.NaN])("are not made of %d in a field of whole numbers", (value) => {
    const message = create(ClusterLoadAssignmentSchema, { endpoints: [{ priority: value }] });
    expect(() => canonicalBytes(ClusterLoadAssignmentSchema, message)).toThrow("priority");
  });
});
