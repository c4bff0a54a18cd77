import { describe, expect, test } from "vitest";
import { Recall } from "../recall.ts";
import { at, cluster, GATEWAY, LISTENER_ROWS, one, SIDECAR } from "./listener-rows-fixture.ts";
import { ROUTE_ROWS } from "./route-rows-fixture.ts";
import { patchedMesh, resourceOf, resourcesOf, textOf, translated } from "./patched-fixture.ts";

const plain = translated(patchedMesh().mesh);

test.each([...LISTENER_ROWS, ...ROUTE_ROWS])("%s %s %s", (_, applyTo, match, patch, where, expected) => {
  const { mesh, problems } = patchedMesh(one(applyTo, match, patch));
  expect(problems).toEqual([]);
  const patched = translated(mesh);
  const resource = resourceOf(patched, ...where);
  if (expected === "gone") expect(resource).toBeUndefined();
  else if (expected === "untouched") expect(textOf(resource)).toBe(textOf(resourceOf(plain, ...where)));
  else {
    expect(textOf(resource)).toMatch(expected);
    expect(resource?.origins.map(({ kind }) => kind)).toContain("EnvoyFilter");
  }
});

describe("where a patch reaches", () => {
  const merge = (timeout: string, rest = ""): string =>
    `${rest}configPatches: [{ applyTo: CLUSTER, patch: { operation: MERGE, value: { connect_timeout: ${timeout} } } }]`;

  test("only the workloads that it selects", () => {
    const patched = translated(patchedMesh(merge("4s", "workloadSelector: { labels: { app: other } }\n")).mesh);
    expect(textOf(resourceOf(patched, "other.shop", "cluster", "outbound|9080"))).toContain('"4s"');
    expect(textOf(resourceOf(patched, SIDECAR, "cluster", "outbound|9080"))).not.toContain('"4s"');
  });

  test("what no patch touches stays the same object, and what is in common stays in common", () => {
    const recall = new Recall();
    const { mesh } = patchedMesh(
      one(
        "CLUSTER",
        "{ cluster: { service: reviews.shop.svc.cluster.local } }",
        "{ operation: MERGE, value: { connect_timeout: 4s } }",
      ),
    );
    const first = translated(mesh, recall);
    const again = translated(mesh, recall);
    const [a, b] = ["other.shop", SIDECAR].map((id) => first.parts.find(({ proxy }) => proxy === id)?.shared?.[0]);
    expect(a).toBe(b);
    for (const id of [SIDECAR, GATEWAY]) {
      const before = resourcesOf(first, id);
      expect(resourcesOf(again, id).every((resource) => before.includes(resource))).toBe(true);
    }
  });

  test("the lower priority first, then the place in the files; the last one wins", () => {
    const { mesh } = patchedMesh(
      merge("1s", "priority: 5\n"),
      merge("2s", "priority: -1\n"),
      merge("3s", "priority: 5\n"),
    );
    expect(textOf(resourceOf(translated(mesh), ...cluster))).toContain('"3s"');
    const { mesh: other } = patchedMesh(merge("1s", "priority: 5\n"), merge("2s", "priority: -1\n"));
    expect(textOf(resourceOf(translated(other), ...cluster))).toContain('"1s"');
  });

  test("an extension that a filter asks for is given, and one that none asks for is not", () => {
    const lua = '"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua';
    const asked = `configPatches:
- applyTo: HTTP_FILTER
  match: { context: GATEWAY }
  patch: { operation: ADD, value: { name: mine, config_discovery: { config_source: { ads: {} }, type_urls: [x] } } }
- applyTo: EXTENSION_CONFIG
  patch: { operation: ADD, value: { name: mine, typed_config: { ${lua} } } }
- applyTo: EXTENSION_CONFIG
  patch: { operation: ADD, value: { name: mime, typed_config: { ${lua} } } }`;
    const patched = translated(patchedMesh(asked).mesh);
    expect(resourceOf(patched, GATEWAY, "extension", "mine")).toBeDefined();
    expect(resourceOf(patched, SIDECAR, "extension", "mine")).toBeUndefined();
    expect(resourceOf(patched, GATEWAY, "extension", "mime")).toBeUndefined();
    expect(patched.doubts).toHaveLength(1);
  });

  test("what nobody asks for any more goes with what asked for it", () => {
    const listener = translated(patchedMesh(one("LISTENER", "{ context: GATEWAY }", "{ operation: REMOVE }")).mesh);
    expect(resourceOf(plain, GATEWAY, "route", "http.8080")).toBeDefined();
    expect(resourceOf(listener, GATEWAY, "route", "http.8080")).toBeUndefined();
    const host = "reviews.shop.svc.cluster.local";
    const removed = one(
      "CLUSTER",
      `{ context: SIDECAR_OUTBOUND, cluster: { service: ${host} } }`,
      "{ operation: REMOVE }",
    );
    expect(resourceOf(plain, SIDECAR, "endpoint", `outbound|9080||${host}`)).toBeDefined();
    expect(
      resourceOf(translated(patchedMesh(removed).mesh), SIDECAR, "endpoint", `outbound|9080||${host}`),
    ).toBeUndefined();
  });

  test("an extension that no filter asks for any more goes with the last of them", () => {
    const removed = one(
      "HTTP_FILTER",
      `{ context: GATEWAY, listener: { ${at("sluice.outbound")} } }`,
      "{ operation: REMOVE }",
    );
    const patched = translated(patchedMesh(removed).mesh);
    expect(resourceOf(plain, GATEWAY, "extension", "sluice.outbound")).toBeDefined();
    expect(resourceOf(patched, GATEWAY, "extension", "sluice.outbound")).toBeUndefined();
    expect(resourceOf(patched, SIDECAR, "extension", "sluice.outbound")).toBeDefined();
  });
});
