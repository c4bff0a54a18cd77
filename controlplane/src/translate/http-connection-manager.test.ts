import { expect, test } from "vitest";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { MeshConfig } from "../model/types.ts";
import { connectionManager, type ConnectionManagerOptions } from "./http-connection-manager.ts";
import { asJson } from "./json-fixture.ts";

function manager(
  fields: Partial<MeshConfig> = {},
  more: Partial<ConnectionManagerOptions> = {},
): Record<string, unknown> {
  const config = { ...EMPTY_MESH.config, ...fields };
  const base = { statPrefix: "p", routes: "r", direction: "inbound", edge: false } as const;
  const message = connectionManager({ ...base, config, ...more });
  return asJson(HttpConnectionManagerSchema, message) as Record<string, unknown>; // A message is a JSON object.
}

test.each<[MeshConfig["pathNormalization"], object]>([
  ["NONE", { normalize_path: false }],
  ["BASE", { normalize_path: true }],
  ["MERGE_SLASHES", { normalize_path: true, merge_slashes: true }],
  [
    "DECODE_AND_MERGE_SLASHES",
    { normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD" },
  ],
])("path normalisation %s", (pathNormalization, expected) => {
  const { normalize_path, merge_slashes, path_with_escaped_slashes_action } = manager({ pathNormalization });
  const found = { normalize_path, merge_slashes, path_with_escaped_slashes_action };
  expect(JSON.parse(JSON.stringify(found))).toEqual(expected);
});

test.each<[string, Partial<ConnectionManagerOptions>, MeshConfig["gatewayTopology"], string | undefined]>([
  ["a gateway", { edge: true }, undefined, "SANITIZE_SET"],
  ["a gateway that is told how", { edge: true }, { forwardClientCert: "ALWAYS_FORWARD_ONLY" }, "ALWAYS_FORWARD_ONLY"],
  ["a sidecar", {}, { forwardClientCert: "FORWARD_ONLY" }, undefined],
  ["a sidecar whose clients show certificates", { knowsClients: true }, undefined, "APPEND_FORWARD"],
])("what %s tells of clients' certificates", (_, more, gatewayTopology, expected) => {
  const { forward_client_cert_details: found } = manager(gatewayTopology ? { gatewayTopology } : {}, more);
  expect(found).toBe(expected);
});

test("no access log unless the mesh has one", () => {
  expect(manager()).not.toHaveProperty("access_log");
});

test.each<[string, NonNullable<MeshConfig["accessLog"]>["format"], object]>([
  ["text", { text: "%PROTOCOL%\n" }, { text_format_source: { inline_string: "%PROTOCOL%\n" } }],
  ["JSON", { json: { p: "%PROTOCOL%" } }, { json_format: { p: "%PROTOCOL%" } }],
])("an access log in %s", (_, format, expected) => {
  expect(manager({ accessLog: { path: "/dev/stdout", format } })["access_log"]).toMatchObject([
    { name: "envoy.access_loggers.file", typed_config: { path: "/dev/stdout", log_format: expected } },
  ]);
});

test("CORS comes after our policies, the router last", () => {
  const filters = manager()["http_filters"] as { name: string; disabled?: boolean }[];
  const names = filters.map(({ name }) => name);
  const order = ["sluice.inbound", "envoy.filters.http.cors", "envoy.filters.http.router"];
  expect(names.filter((name) => order.includes(name))).toEqual(order);
  expect(filters.filter(({ disabled }) => disabled !== true).map(({ name }) => name)).toEqual([
    "envoy.filters.http.grpc_stats",
    "envoy.filters.http.router",
  ]);
});

test("a CONNECT is for the routes that ask for it", () => {
  expect(manager()["upgrade_configs"]).toEqual([
    { upgrade_type: "websocket" },
    { upgrade_type: "CONNECT", enabled: false },
  ]);
});
