import { create as createByLibrary } from "@bufbuild/protobuf";
import type { DescMessage } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { someFields } from "../snapshot/message-fixture.ts";
import { create } from "./create.ts";

const runs = Number(process.env["SLUICE_PROPERTY_RUNS"] ?? 15);

test.each<DescMessage>([ClusterLoadAssignmentSchema, ListenerSchema, RouteConfigurationSchema])(
  "a $typeName is the same as protobuf.es makes it",
  (schema) => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const init = someFields(schema, (arbitrary) => gen(arbitrary), 2);
        expect(create(schema, init)).toEqual(createByLibrary(schema, init));
      }),
      { numRuns: runs },
    );
  },
);

test("a message is taken as it is, and each has lists and maps of its own", () => {
  const [one, other] = [create(ClusterSchema), create(ClusterSchema)];
  expect(create(ClusterSchema, one)).toBe(one);
  expect(one.filters).not.toBe(other.filters);
  expect(one.typedExtensionProtocolOptions).not.toBe(other.typedExtensionProtocolOptions);
});

test("bytes may be a list of numbers, and an unknown field is left out", () => {
  const init = { name: "a", typedConfig: { typeUrl: "t", value: [1, 2] }, other: 1 };
  // As it comes from code without types.
  const made = create<DescMessage>(TypedExtensionConfigSchema, init);
  expect(made).toEqual(createByLibrary<DescMessage>(TypedExtensionConfigSchema, init));
});
