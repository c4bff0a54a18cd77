import { expect, test } from "vitest";
import { at, one } from "./listener-rows-fixture.ts";
import { patchedMesh, translated } from "./patched-fixture.ts";

test.each([
  [
    "a cluster",
    "CLUSTER",
    "{ cluster: { service: review.shop.svc.cluster.local } }",
    /no cluster with service review\.shop.* \| fix: did you mean "reviews\.shop/,
  ],
  [
    "a listener",
    "LISTENER",
    "{ listener: { name: 0.0.0.0_9081 } }",
    /no listener with name 0\.0\.0\.0_9081 .*0\.0\.0\.0_9080.* \| fix: did you mean "0\.0\.0\.0_9080/,
  ],
  [
    "a filter of a chain",
    "NETWORK_FILTER",
    "{ listener: { filterChain: { filter: { name: envoy.filters.network.tcp_proxi } } } }",
    /no network filter with name .*did you mean "envoy\.filters\.network\.tcp_proxy"/,
  ],
  [
    "an HTTP filter",
    "HTTP_FILTER",
    `{ listener: { ${at("envoy.filters.http.routr")} } }`,
    /no HTTP filter .*did you mean "envoy\.filters\.http\.router"/,
  ],
  [
    "a filter that comes by ECDS",
    "HTTP_FILTER",
    `{ listener: { ${at("sluice.outbound")} } }`,
    /no HTTP filter that could be changed with name sluice\.outbound/,
  ],
  [
    "a virtual host",
    "VIRTUAL_HOST",
    '{ routeConfiguration: { vhost: { name: "reviews.shop.svc.cluster.local:9081" } } }',
    /no virtual host .*did you mean "reviews\.shop\.svc\.cluster\.local:9080"/,
  ],
  [
    "a route",
    "HTTP_ROUTE",
    "{ context: GATEWAY, routeConfiguration: { vhost: { route: { name: secund } } } }",
    /no route with name secund and action ANY .*did you mean "second"/,
  ],
  [
    "a route configuration",
    "ROUTE_CONFIGURATION",
    '{ context: GATEWAY, routeConfiguration: { name: "http.8081" } }',
    /no route configuration .*did you mean "http\.8080"/,
  ],
  [
    "a version of Istio",
    "CLUSTER",
    "{ proxy: { proxyVersion: '^1' } }",
    /match\.proxy asks for \| fix: leave out proxyVersion/,
  ],
])("a patch that changes nothing names the nearest of what there is: %s", (_, applyTo, match, expected) => {
  const { mesh } = patchedMesh(one(applyTo, match, "{ operation: MERGE, value: {} }"));
  const [doubt, ...others] = translated(mesh).doubts;
  expect(doubt).toMatch(expected);
  expect(others).toEqual([]);
});

test("a patch in a namespace without gateways says where they are", () => {
  const { mesh } = patchedMesh(one("CLUSTER", "{ context: GATEWAY }", "{ operation: MERGE, value: {} }"));
  const [filter] = mesh.envoyFilters;
  if (filter === undefined) throw new Error("there is no filter");
  const moved = { ...filter, ref: { ...filter.ref, namespace: "elsewhere" } };
  expect(translated({ ...mesh, envoyFilters: [moved] }).doubts[0]).toMatch(
    /fix: put it into the namespace shop, where there is a gateway$/,
  );
});

test.each([
  ["a cluster that is replaced", "CLUSTER", "{}", "REPLACE", /a CLUSTER cannot be replaced/],
  ["routes that are removed", "ROUTE_CONFIGURATION", "{}", "REMOVE", /can only be merged with/],
  [
    "a filter without a name",
    "HTTP_FILTER",
    "{ context: GATEWAY }",
    "REMOVE",
    /REMOVE needs to know which filter, by match\.listener/,
  ],
])("a patch that can change nothing says why: %s", (_, applyTo, match, operation, expected) => {
  const { mesh } = patchedMesh(one(applyTo, match, `{ operation: ${operation}, value: {} }`));
  expect(translated(mesh).doubts).toEqual([expect.stringMatching(expected)]);
});
