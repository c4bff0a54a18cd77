import { beforeAll, describe, expect, it } from "vitest";
import { buildFixture, fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";

const ALWAYS = [
  "_initialize",
  "malloc",
  "memory",
  "proxy_abi_version_0_2_1",
  "proxy_on_context_create",
  "proxy_on_delete",
  "proxy_on_memory_allocate",
];

describe("what a module is made of", () => {
  beforeAll(async () => {
    await Promise.all(["add-header", "named"].map((name) => buildFixture(name)));
  }, 120_000);

  it("exports only the callbacks that are overridden, and imports only what is used", async () => {
    const host = load(await fixtureBytes("add-header"));
    expect(Object.keys(host.exports).toSorted()).toEqual([...ALWAYS, "proxy_on_response_headers"].toSorted());
    expect(host.imports).toEqual(["env.proxy_add_header_map_value"]);
  });

  it("adds a header in at most 4 KB, with one host call", async () => {
    const bytes = await fixtureBytes("add-header");
    expect(bytes.length).toBeLessThanOrEqual(4096);
    const host = load(bytes);
    expect(startPlugin(host, 1, "")).toBe(true);
    request(host, 2, 1, []);
    expect(host.headers.get(2)).toEqual([["hello", "world"]]);
    expect(host.calls).toEqual(["add_header_map_value"]);
  });

  it("finds overrides by way of a class in between", async () => {
    const host = load(await fixtureBytes("named"));
    const expected = [...ALWAYS, "proxy_on_request_headers", "proxy_on_log", "proxy_on_done"];
    expect(Object.keys(host.exports).toSorted()).toEqual(expected.toSorted());
  });

  it.each([
    ["french", "bonjour"],
    ["other", "hello"],
    ["silent", undefined],
  ])("chooses the plugin by the root id %s", async (rootId, greeting) => {
    const host = load(await fixtureBytes("named"));
    host.properties.set("plugin_root_id", Buffer.from(rootId));
    startPlugin(host, 1, "");
    expect(request(host, 2, 1, [])["x-greeting"]).toBe(greeting);
    expect(host.exports["proxy_on_done"]?.(1)).toBe(rootId === "silent" ? 1 : 0);
  });

  it("says where a debug module traps", async () => {
    const host = load(await fixtureBytes("probe", "debug"));
    startPlugin(host, 1, "x");
    expect(request(host, 2, 1, [["x-do", "slices"]])["x-result"]).toBe("right");
    expect(() => request(host, 3, 1, [["x-do", "trap"]])).toThrow(/unreachable/);
    expect(host.logs).toEqual([expect.stringMatching(/^5 sdk\/tests\/fixtures\/probe\.ts:\d+:\d+: on purpose$/)]);
  }, 120_000);
});
