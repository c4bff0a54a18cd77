import { create } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import type { Listener } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { admitTexts } from "../model/testing/decode-text.ts";
import type { Resource } from "../snapshot/types.ts";
import { translate } from "./index.ts";

const modules = { policies: { sha256: "", size: 0 }, authorization: { sha256: "", size: 0 } };
const meshOf = (label: string): readonly Resource[] => {
  const { mesh, diagnostics } = admitTexts({
    "mesh-of-one.yaml": `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: client, namespace: shop }
spec: { address: 127.0.0.1, labels: { app: client, sluice.dev/virtual-hosts: ${label} } }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: one, namespace: shop }
spec:
  hosts: [one.test]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1 }]
`,
  });
  expect(diagnostics).toEqual([]);
  return translate(mesh, { modules })[0]?.resources ?? [];
};
const named = (resources: readonly Resource[], kind: string): Resource[] =>
  resources.filter((each) => each.kind === kind);

test("each domain is a virtual host of its own, by the name that Envoy asks for; of patterns the contents alone", () => {
  const resources = meshOf("on-demand");
  const hosts = named(resources, "virtualHost").map(({ name, message }) => {
    const { name: own, domains, routes } = message as VirtualHost; // Its schema says so.
    return [name, own, domains, routes.length > 0];
  });
  expect(hosts).toContainEqual([
    "outbound.on-demand/one.test:80",
    "outbound.on-demand/one.test:80",
    ["one.test:80"],
    true,
  ]);
  expect(hosts).toContainEqual(["outbound.on-demand/*", "", [], true]);
  const [routes] = named(resources, "route").filter(({ name }) => name.startsWith("outbound"));
  const { name, virtualHosts, vhds } = routes!.message as RouteConfiguration;
  expect([name, virtualHosts, vhds?.configSource?.configSourceSpecifier.case]).toEqual([
    "outbound.on-demand",
    [],
    "ads",
  ]);
});

test("the listener asks first, and has no filter that a route must turn on", () => {
  const [listener] = named(meshOf("on-demand"), "listener").filter(({ name }) => name === "outbound");
  const filters = (listener!.message as Listener).filterChains.flatMap((chain) => chain.filters);
  const managers = filters.flatMap(({ configType: { case: type, value } }) =>
    type === "typedConfig" ? (anyUnpack(value, HttpConnectionManagerSchema) ?? []) : [],
  );
  expect(managers).toHaveLength(1);
  const [manager = create(HttpConnectionManagerSchema)] = managers;
  expect(manager.routeSpecifier.value).toMatchObject({ routeConfigName: "outbound.on-demand" });
  expect(manager.httpFilters[0]?.name).toBe("envoy.filters.http.on_demand");
  expect(manager.httpFilters.filter(({ disabled }) => disabled)).toEqual([]);
});

test("without the label all is as ever", () => {
  const resources = meshOf("all");
  expect(named(resources, "virtualHost")).toEqual([]);
  expect(named(resources, "route").map(({ name }) => name)).toEqual(["outbound"]);
});
