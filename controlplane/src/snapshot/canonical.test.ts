import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { MetadataSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import { canonicalBytes, keepBytes } from "./canonical.ts";
import { someFields } from "./message-fixture.ts";

const runs = Number(process.env["SLUICE_PROPERTY_RUNS"] ?? 25);

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
        const message = create(
          schema,
          someFields(schema, (arbitrary) => gen(arbitrary), 2),
        );
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

  test("of a message whose bytes are kept are the same, alone and in others", () => {
    const endpoints = [{ priority: 1 }, { priority: 2, lbEndpoints: [{ loadBalancingWeight: 3 }] }];
    const plain = create(ClusterLoadAssignmentSchema, { clusterName: "a", endpoints });
    const kept = keepBytes(
      ClusterLoadAssignmentSchema,
      create(ClusterLoadAssignmentSchema, { clusterName: "a", endpoints }),
    );
    const cluster = (loadAssignment: typeof plain): Uint8Array =>
      canonicalBytes(
        ClusterSchema,
        create(ClusterSchema, { name: "c", loadAssignment, connectTimeout: { seconds: 1n } }),
      );
    for (const _ of ["written", "kept"]) {
      expect(cluster(kept)).toEqual(cluster(plain));
      expect(canonicalBytes(ClusterLoadAssignmentSchema, kept)).toEqual(toBinary(ClusterLoadAssignmentSchema, plain));
    }
  });

  test.each([-1, 1.5, 2 ** 32, Number.NaN])("are not made of %d in a field of whole numbers", (value) => {
    const message = create(ClusterLoadAssignmentSchema, { endpoints: [{ priority: value }] });
    expect(() => canonicalBytes(ClusterLoadAssignmentSchema, message)).toThrow("priority");
  });
});
