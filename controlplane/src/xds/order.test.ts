import { describe, expect, test } from "vitest";
import { drive, settle, show } from "./kit.ts";
import type { Contents, Driver } from "./kit.ts";

const before: Contents = {
  cluster: { a: "1" },
  endpoint: { a: "1" },
  listener: { l: "1" },
  route: { r: "1" },
  extension: { x: "1" },
};

/** An Envoy that has everything of `contents` and has acknowledged it. */
function connected(contents: Contents): Driver {
  const driver = drive(contents);
  settle(driver, driver.request("cluster"));
  settle(driver, driver.request("endpoint", { subscribe: Object.keys(contents.endpoint ?? {}) }));
  settle(driver, driver.request("listener"));
  settle(driver, driver.request("route", { subscribe: Object.keys(contents.route ?? {}) }));
  settle(driver, driver.request("extension", { subscribe: Object.keys(contents.extension ?? {}) }));
  return driver;
}

describe("R26: make before break", () => {
  test("R28: listeners and routes wait until the clusters are accepted", () => {
    const driver = connected(before);
    const effects = driver.snapshot({
      ...before,
      cluster: { a: "1", b: "1" },
      listener: { l: "2" },
      route: { r: "2" },
    });
    expect(show(effects)).toEqual(["cluster +b@1"]);
    expect(show(driver.request("endpoint", { subscribe: ["b"] }))).toEqual(["endpoint -b"]);
    expect(show(driver.ack(effects.responses[0]!))).toEqual(["listener +l@2", "route +r@2"]);
  });

  test("endpoints, and extension configs that Envoy has not got yet, do not wait", () => {
    const driver = connected(before);
    settle(driver, driver.request("extension", { subscribe: ["y"] }));
    const extension = { x: "1", y: "1" };
    const next = { ...before, cluster: { a: "2" }, endpoint: { a: "2" }, extension, route: { r: "2" } };
    expect(show(driver.snapshot(next))).toEqual(["cluster +a@2", "endpoint +a@2", "extension +y@1"]);
  });

  test("an extension config that takes another's place waits for the clusters that it may name, and goes before routes", () => {
    const driver = connected(before);
    const effects = driver.snapshot({
      ...before,
      cluster: { a: "1", b: "1" },
      extension: { x: "2" },
      route: { r: "2" },
    });
    expect(show(effects)).toEqual(["cluster +b@1"]);
    expect(show(driver.ack(effects.responses[0]!))).toEqual(["extension +x@2", "route +r@2"]);
  });

  test("on a new stream too, routes asked for at once wait for changed clusters", () => {
    const driver = drive({ cluster: { a: "1", b: "1" }, route: { r: "2" } });
    const clusters = driver.request("cluster", { initialVersions: { a: "1" } });
    expect(show(clusters)).toEqual(["cluster +b@1"]);
    expect(show(driver.request("route", { subscribe: ["r"], initialVersions: { r: "1" } }))).toEqual([]);
    expect(show(driver.ack(clusters.responses[0]!))).toEqual(["route +r@2"]);
  });

  test("removals come last, clusters after the routes, endpoints after the clusters", () => {
    const driver = connected({ ...before, cluster: { a: "1", b: "1" }, endpoint: { a: "1", b: "1" } });
    const effects = driver.snapshot({ ...before, cluster: { c: "1" }, endpoint: { c: "1" }, route: { r: "2" } });
    expect(settle(driver, effects)).toEqual(["cluster +c@1", "route +r@2"]);
    expect(settle(driver, driver.tick(4999))).toEqual([]);
    expect(settle(driver, driver.tick(1))).toEqual(["cluster -a -b", "endpoint -a -b"]);
  });

  test("a cluster that comes back while it lingers is not touched", () => {
    const driver = connected(before);
    settle(driver, driver.snapshot({ ...before, cluster: {} }));
    driver.tick(3000);
    expect(show(driver.snapshot(before))).toEqual([]);
    driver.tick(60_000);
    expect(settle(driver, driver.snapshot({ ...before, cluster: {} }))).toEqual([]);
    expect(show(driver.tick(5000))).toEqual(["cluster -a"]);
  });

  test("after a listener has changed, clusters stay until its connections have drained", () => {
    const driver = drive(before, { lingerMs: 5000, drainMs: 20_000 });
    for (const kind of ["cluster", "listener"] as const) settle(driver, driver.request(kind));
    settle(driver, driver.snapshot({ ...before, cluster: {}, listener: { l: "2" } }));
    expect(show(driver.tick(19_999))).toEqual([]);
    expect(show(driver.tick(1))).toEqual(["cluster -a"]);
  });

  test("after a reconnect too, since it is not known when a listener of that Envoy has changed last", () => {
    const driver = drive({ ...before, cluster: { a: "1" } }, { lingerMs: 5000, drainMs: 20_000 });
    driver.now = 1000;
    settle(driver, driver.request("cluster", { initialVersions: { a: "1", old: "1" } }));
    settle(driver, driver.request("listener", { initialVersions: { l: "1" } }));
    expect(show(driver.tick(19_999))).toEqual([]);
    expect(settle(driver, driver.snapshot({ ...before, cluster: {} }))).toEqual([]);
    expect(show(driver.tick(1))).toEqual(["cluster -old"]);
    expect(show(driver.tick(5000))).toEqual(["cluster -a"]);
  });

  test("an Envoy that has nothing yet has no connections that drain", () => {
    const driver = drive(before, { lingerMs: 5000, drainMs: 20_000 });
    for (const kind of ["cluster", "listener"] as const) settle(driver, driver.request(kind));
    settle(driver, driver.snapshot({ ...before, cluster: {} }));
    expect(show(driver.tick(5000))).toEqual(["cluster -a"]);
  });

  test("a listener that goes leaves with those that come, so that its address is free for them", () => {
    const driver = connected(before);
    expect(show(driver.snapshot({ ...before, listener: { other: "1" } }))).toEqual(["listener +other@1 -l"]);
  });

  test("R27: a changed cluster gets its endpoints again, after it", () => {
    const driver = connected(before);
    expect(show(driver.snapshot({ ...before, cluster: { a: "2" } }))).toEqual(["cluster +a@2", "endpoint +a@1"]);
  });

  test("R27: a cluster that was removed and comes back gets its endpoints again", () => {
    const driver = connected(before);
    settle(driver, driver.snapshot({ ...before, cluster: {} }));
    expect(settle(driver, driver.tick(5000))).toEqual(["cluster -a"]);
    expect(show(driver.snapshot(before))).toEqual(["cluster +a@1", "endpoint +a@1"]);
  });
});

describe("waiting ends", () => {
  const next: Contents = { ...before, cluster: { a: "2" }, route: { r: "2" } };

  test("a NACK is an answer: the next phase follows", () => {
    const driver = connected(before);
    const effects = driver.snapshot(next);
    expect(show(driver.nack(effects.responses[0]!, "a is bad"))).toEqual(["route +r@2"]);
  });

  test("no answer holds up the next phase only for a while", () => {
    const driver = connected(before);
    expect(driver.snapshot(next).wakeAt).toBe(3000);
    expect(show(driver.tick(2999))).toEqual([]);
    expect(show(driver.tick(1))).toEqual(["route +r@2"]);
  });

  test("a mesh that changes faster than Envoy answers cannot hold routes back for ever", () => {
    const driver = connected(before);
    let { responses } = driver.snapshot(next);
    for (let version = 3; version < 12; version += 1) {
      driver.now += 500;
      driver.snapshot({ ...next, cluster: { a: String(version) } });
      ({ responses } = driver.ack(responses[0]!));
      expect(responses.map(({ typeUrl }) => typeUrl.split(".").at(-1))).not.toContain("RouteConfiguration");
    }
    driver.now += 600;
    expect(show(driver.snapshot({ ...next, cluster: { a: "12" } }))).toContain("route +r@2");
  });

  test("snapshots that come meanwhile merge: only the newest is worked towards", () => {
    const driver = connected(before);
    const first = driver.snapshot({ ...before, cluster: { a: "2" } });
    expect(show(driver.snapshot({ ...before, cluster: { a: "3" }, route: { r: "3" } }))).toEqual([]);
    expect(show(driver.snapshot({ ...before, cluster: { a: "4" }, route: { r: "4" } }))).toEqual([]);
    expect(settle(driver, { ...first, responses: [first.responses[0]!] })).toContain("cluster +a@4");
    expect(show(driver.tick(0))).toEqual([]);
  });
});

describe("limits", () => {
  test("too many names end the stream", () => {
    const driver = drive({}, { maxNames: 2 });
    expect(driver.request("endpoint", { subscribe: ["a", "b", "c", "d"] }).close?.text).toMatch(/more than 2 names/);
  });

  test("too many types end the stream", () => {
    const driver = drive({});
    const effects = Array.from({ length: 33 }, (_, index) => driver.request(`type.googleapis.com/t${index}`));
    expect(effects.filter(({ close }) => close !== undefined)).toHaveLength(1);
  });

  test("unanswered responses do not pile up", () => {
    const driver = drive({ endpoint: { a: "1" } }, { maxOutstanding: 3 });
    for (let round = 0; round < 10; round += 1) driver.request("endpoint", { subscribe: ["a"] });
    const [type] = driver.state.types.values();
    expect(type?.outstanding.size).toBe(3);
    expect(show(driver.tick(3000))).toEqual(["endpoint +a@1"]);
  });
});
