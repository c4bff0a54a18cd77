import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import { drive, resourceOf, settle, show, snapshotOf } from "./kit.ts";
import type { Driver } from "./kit.ts";
import { step } from "./machine.ts";
import type { Effects } from "./types.ts";
import { virtualHostIn } from "../snapshot/virtual-hosts.ts";

const table = (...names: string[]): Map<string, EncodedResource> =>
  new Map(names.map((name) => [name, resourceOf("virtualHost", name, `of ${name}`)]));

describe("the virtual host of a name", () => {
  const all = table("r/a.com", "r/*.com", "r/*.b.com", "r/api.*", "r/api.v1.*", "r/*", "other/b.com", "plain");
  test.each([
    ["r/a.com", "r/a.com"],
    ["r/x.com", "r/*.com"],
    ["r/x.b.com", "r/*.b.com"],
    ["r/b.com", "r/*.com"],
    ["r/api.org", "r/api.*"],
    ["r/api.v1.org", "r/api.v1.*"],
    ["r/.com", "r/*"],
    ["r/else:8080", "r/*"],
    ["other/b.com", "other/b.com"],
    ["other/a.com", undefined],
    ["r/*", undefined],
    ["r/*.com", undefined],
    ["r/", undefined],
    ["r", undefined],
    ["plain", "plain"],
    [`r/${"x".repeat(1000)}`, undefined],
  ])("%s is %s", (name, wanted) => {
    const found = virtualHostIn(all, name);
    expect(found?.version).toBe(wanted === undefined ? undefined : `of ${wanted}`);
    expect(found?.name).toBe(wanted === undefined ? undefined : name);
  });

  test("has a pattern's contents for this host alone, as the same object each time", () => {
    const value = toBinary(VirtualHostSchema, create(VirtualHostSchema, { requestHeadersToRemove: ["x"] }));
    const patterns = new Map([["r/*", { ...resourceOf("virtualHost", "r/*", "1"), value }]]);
    const found = virtualHostIn(patterns, "r/a.com:80")!;
    expect(fromBinary(VirtualHostSchema, found.value)).toMatchObject({
      name: "r/a.com:80",
      domains: ["a.com:80"],
      requestHeadersToRemove: ["x"],
    });
    expect(virtualHostIn(patterns, "r/a.com:80")).toBe(found);
  });
});

describe("on a stream", () => {
  const ask = (driver: Driver, ...subscribe: string[]): Effects => driver.request("virtualHost", { subscribe });

  test("a host that is asked for is sent, others are not", () => {
    const driver = drive({ virtualHost: { "r/a": "1", "r/b": "1" } });
    expect(settle(driver, ask(driver, "r/a"))).toEqual(["virtualHost +r/a@1"]);
    expect(settle(driver, driver.snapshot({ virtualHost: { "r/a": "2", "r/b": "2" } }))).toEqual([
      "virtualHost +r/a@2",
    ]);
  });

  test("what is not there is answered by an entry without contents, since Envoy holds a request back for it", () => {
    const driver = drive({});
    const effects = ask(driver, "r", "r/none");
    expect(effects.responses).toMatchObject([{ resources: [], removed: [], unresolved: ["r", "r/none"] }]);
    driver.ack(effects.responses[0]!);
    expect(settle(driver, driver.snapshot({ virtualHost: { "r/none": "1" } }))).toEqual(["virtualHost +r/none@1"]);
    expect(settle(driver, driver.snapshot({ route: { r: "1" } }))).toEqual(["virtualHost -r/none"]);
  });

  test("a host of routes that go stays with the Envoy, whose old connections go by them, and is sent when it changes", () => {
    const driver = drive({ route: { r: "1" }, virtualHost: { "r/a": "1", "r/b": "1" } });
    expect(settle(driver, ask(driver, "r/a", "r/b"))).toEqual(["virtualHost +r/a@1 +r/b@1"]);
    expect(settle(driver, driver.snapshot({ route: { other: "1" } }))).toEqual([]);
    const again = { route: { r: "1" }, virtualHost: { "r/a": "1", "r/b": "2" } };
    expect(settle(driver, driver.snapshot(again))).toEqual(["virtualHost +r/b@2"]);
  });

  test("a request without names is answered by an entry of each route configuration, which Envoy warms for", () => {
    const driver = drive({ virtualHost: { "r/a": "1", "r/b": "1", "x/y/a": "1" } });
    const effects = driver.request("virtualHost");
    expect(effects.responses).toMatchObject([{ resources: [], removed: [], unresolved: ["r/*", "x/y/*"] }]);
    expect(settle(driver, effects)).toEqual(["virtualHost"]);
    expect(settle(driver, driver.request("virtualHost"))).toEqual(["virtualHost"]);
  });

  test("a host goes from a pattern to a resource of its own and back by changes of one name", () => {
    const driver = drive({ virtualHost: { "r/*": "all" } });
    expect(settle(driver, ask(driver, "r/a"))).toEqual(["virtualHost +r/a@all"]);
    expect(settle(driver, driver.snapshot({ virtualHost: { "r/*": "all", "r/a": "own" } }))).toEqual([
      "virtualHost +r/a@own",
    ]);
    expect(settle(driver, driver.snapshot({ virtualHost: { "r/*": "new" } }))).toEqual(["virtualHost +r/a@new"]);
  });

  test("R26: a changed virtual host waits for the clusters, and a cluster goes after it", () => {
    const before = { cluster: { old: "1" }, virtualHost: { "r/a": "1" } };
    const driver = drive(before, { lingerMs: 100 });
    settle(driver, driver.request("cluster"));
    settle(driver, ask(driver, "r/a"));
    const effects = driver.snapshot({ cluster: { new: "1" }, virtualHost: { "r/a": "2" } });
    expect(show(effects)).toEqual(["cluster +new@1"]);
    const next = driver.ack(effects.responses[0]!);
    expect(show(next)).toEqual(["virtualHost +r/a@2"]);
    expect(show(driver.tick(100))).toEqual([]);
    expect(show(driver.ack(next.responses[0]!))).toEqual([]);
    expect(show(driver.tick(100))).toEqual(["cluster -old"]);
  });

  test("R25: after a reconnect only what changed is sent, be it by a pattern", () => {
    const driver = drive({ virtualHost: { "r/a": "1", "r/*": "2" } });
    const initialVersions = { "r/a": "1", "r/x": "1", "r/y": "2" };
    expect(
      settle(driver, driver.request("virtualHost", { subscribe: ["r/a", "r/x", "r/y"], initialVersions })),
    ).toEqual(["virtualHost +r/x@2"]);
  });

  test("the wildcard means all hosts and no pattern", () => {
    const driver = drive({ virtualHost: { "r/a": "1", "r/*": "1" } });
    expect(settle(driver, ask(driver, "*"))).toEqual(["virtualHost +r/a@1"]);
  });

  test("a withheld pattern is not there for who has nothing, and stays with who has something", () => {
    const base = snapshotOf({});
    const bad = { ...resourceOf("virtualHost", "r/*", ""), withheld: true } as const;
    const snapshot: ProxySnapshot = { ...base, resources: { ...base.resources, virtualHost: new Map([["r/*", bad]]) } };
    const driver = drive({ virtualHost: { "r/*": "1" } });
    settle(driver, ask(driver, "r/a"));
    expect(show(step(driver.state, { type: "snapshot", snapshot, now: 0 }))).toEqual([]);
    expect(ask(driver, "r/b").responses).toMatchObject([{ unresolved: ["r/b"] }]);
  });
});
