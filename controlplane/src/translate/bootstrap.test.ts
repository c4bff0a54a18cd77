import { createRegistry, fromJson } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BootstrapSchema } from "../../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { DownstreamConnectionsConfigSchema } from "../../gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.js";
import { HttpProtocolOptionsSchema } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { bootstrap } from "./bootstrap.ts";
import { gateway, gatewayProxy, ref, sidecar, workload } from "./mesh-fixture.ts";

const registry = createRegistry(DownstreamConnectionsConfigSchema, HttpProtocolOptionsSchema);
const options = {
  xds: { address: "127.0.0.1", port: 15_010 },
  http: { address: "localhost", port: 15_014 },
  admin: { address: "127.0.0.1", port: 15_000 },
};

function parsed(proxy: Parameters<typeof bootstrap>[0]) {
  return fromJson(BootstrapSchema, bootstrap(proxy, options) as JsonValue, { registry }); // It is made of literals.
}

test("every field is one of Envoy's", () => {
  const { node, staticResources, dynamicResources } = parsed(
    sidecar(workload("reviews-v1", { labels: { app: "reviews", version: "v1" } })),
  );
  expect(node?.id).toBe("sidecar~127.0.0.1~reviews-v1.default~default.svc.cluster.local");
  expect(node?.cluster).toBe("reviews.default");
  expect(node?.metadata).toMatchObject({ SLUICE_PEER: "reviews-v1;default;reviews;v1;reviews;v1;Kubernetes" });
  expect(staticResources?.clusters.map(({ name }) => name)).toEqual(["sluice_xds", "sluice_modules"]);
  expect(dynamicResources?.adsConfig?.setNodeOnFirstMessageOnly).toBe(true);
});

test("Envoy knows the labels of every Telemetry", () => {
  const tags = {
    shop: { operation: "UPSERT", value: { literal: "1" } },
    reporter: { operation: "UPSERT", value: { literal: "1" } },
    gone: { operation: "REMOVE" },
  } as const;
  const overrides = [{ metric: "REQUEST_COUNT", mode: "CLIENT", tags }] as const;
  const telemetries = [{ ref: ref("Telemetry", "t"), labels: {}, selector: { app: "other" }, overrides }];
  const made = bootstrap(sidecar(workload("a")), { ...options, telemetries });
  const names = fromJson(BootstrapSchema, made as JsonValue, { registry }).statsConfig?.statsTags;
  const counts = ["shop", "reporter", "gone"].map((name) => names?.filter(({ tagName }) => tagName === name).length);
  expect(counts).toEqual([1, 1, 0]);
});

test("a gateway is a router", () => {
  expect(parsed(gatewayProxy([gateway("g")])).node?.id).toBe(
    "router~127.0.0.1~istio-ingressgateway.istio-system~istio-system.svc.cluster.local",
  );
});

test.each([
  ["127.0.0.1", "STATIC"],
  ["::1", "STATIC"],
  ["localhost", "STRICT_DNS"],
])("a control plane at %s is reached by %s", (address, type) => {
  const proxy = sidecar(workload("a"));
  const made = bootstrap(proxy, { ...options, xds: { address, port: 1 } });
  expect(made).toHaveProperty("static_resources.clusters[0].type", type);
});
