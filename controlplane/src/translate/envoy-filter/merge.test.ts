import { fromJson, toJson } from "@bufbuild/protobuf";
import type { DescMessage, JsonValue } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ClusterSchema } from "../../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { MetadataSchema } from "../../../gen/envoy/config/core/v3/base_pb.js";
import { HttpFilterSchema } from "../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { RouteSchema } from "../../../gen/envoy/config/route/v3/route_components_pb.js";
import { envoyTypes } from "../../envoy-types/registry.ts";
import { merged } from "./merge.ts";

const router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const lua = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";
const wasm = "type.googleapis.com/google.protobuf.StringValue";

type Row = readonly [name: string, schema: DescMessage, into: JsonValue, patch: JsonValue, expected: JsonValue];

const ROWS: readonly Row[] = [
  ["a field that is not there", ClusterSchema, { name: "a" }, { altStatName: "b" }, { name: "a", altStatName: "b" }],
  ["a field that is there", ClusterSchema, { name: "a" }, { name: "b" }, { name: "b" }],
  [
    "a Duration is one value",
    ClusterSchema,
    { connectTimeout: "10s" },
    { connectTimeout: "0.5s" },
    { connectTimeout: "0.500s" },
  ],
  [
    "a wrapped false wins",
    RouteSchema,
    { route: { autoHostRewrite: true } },
    { route: { autoHostRewrite: false } },
    { route: { autoHostRewrite: false } },
  ],
  [
    "messages field by field",
    ClusterSchema,
    { upstreamConnectionOptions: { tcpKeepalive: { keepaliveTime: 1 } } },
    { upstreamConnectionOptions: { tcpKeepalive: { keepaliveProbes: 2 } } },
    { upstreamConnectionOptions: { tcpKeepalive: { keepaliveTime: 1, keepaliveProbes: 2 } } },
  ],
  [
    "lists are appended",
    ClusterSchema,
    { circuitBreakers: { thresholds: [{ priority: "HIGH" }] } },
    { circuitBreakers: { thresholds: [{ maxRetries: 1 }] } },
    { circuitBreakers: { thresholds: [{ priority: "HIGH" }, { maxRetries: 1 }] } },
  ],
  [
    "maps by key, whose values are replaced",
    MetadataSchema,
    { filterMetadata: { a: { x: 1, y: 1 }, b: { z: 1 } } },
    { filterMetadata: { a: { x: 2 } } },
    { filterMetadata: { a: { x: 2 }, b: { z: 1 } } },
  ],
  [
    "one of several fields",
    ClusterSchema,
    { type: "EDS" },
    { clusterType: { name: "x" } },
    { clusterType: { name: "x" } },
  ],
  [
    "an Any of the same type is merged",
    HttpFilterSchema,
    { name: "f", typedConfig: { "@type": router, suppressEnvoyHeaders: true } },
    { typedConfig: { "@type": router, dynamicStats: false } },
    { name: "f", typedConfig: { "@type": router, suppressEnvoyHeaders: true, dynamicStats: false } },
  ],
  [
    "an Any of another type is replaced",
    HttpFilterSchema,
    { typedConfig: { "@type": router, suppressEnvoyHeaders: true } },
    { typedConfig: { "@type": lua } },
    { typedConfig: { "@type": lua } },
  ],
  [
    "an Any of a wrapped value",
    HttpFilterSchema,
    { typedConfig: { "@type": wasm, value: "a" } },
    { typedConfig: { "@type": wasm, value: "b" } },
    { typedConfig: { "@type": wasm, value: "b" } },
  ],
];

test.each(ROWS)("%s", (_, schema, into, patch, expected) => {
  const read = (json: JsonValue) => fromJson(schema, json, { registry: envoyTypes });
  const write = (message: ReturnType<typeof read>): JsonValue => toJson(schema, message, { registry: envoyTypes });
  const [a, b] = [read(into), read(patch)];
  const [before, after] = [write(a), write(b)];
  expect(write(merged(schema, a, b))).toEqual(expected);
  expect([write(a), write(b)]).toEqual([before, after]);
});

test("lists can be replaced instead", () => {
  const read = (json: JsonValue) => fromJson(ClusterSchema, json);
  const into = read({ circuitBreakers: { thresholds: [{ priority: "HIGH" }] } });
  const patch = read({ circuitBreakers: { thresholds: [{ maxRetries: 1 }] } });
  expect(toJson(ClusterSchema, merged(ClusterSchema, into, patch, "replace"))).toEqual({
    circuitBreakers: { thresholds: [{ maxRetries: 1 }] },
  });
});
