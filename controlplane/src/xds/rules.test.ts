import { describe, expect, test } from "vitest";
import { drive, settle, show } from "./kit.ts";

// The numbers are those of the rules that the protocol's text (Envoy: api-docs/xds_protocol) gives for the delta variant.
describe("requests and nonces", () => {
  test("R1: requests after the first carry no node, and the stream goes on", () => {
    const driver = drive({ cluster: { a: "1" } });
    expect(show(driver.request("cluster"))).toEqual(["cluster +a@1"]);
    expect(show(driver.request("endpoint", { subscribe: ["a"] }))).toEqual(["endpoint -a"]);
  });

  test("R2: a nonce of an earlier stream acknowledges nothing", () => {
    const driver = drive({ cluster: { a: "1" } });
    const effects = driver.request("cluster", { nonce: "7" });
    expect(effects.verdicts).toEqual([]);
    expect(show(effects)).toEqual(["cluster +a@1"]);
  });

  test("R4: a request with a stale nonce still changes the subscription", () => {
    const driver = drive({ endpoint: { a: "1", b: "1" } });
    settle(driver, driver.request("endpoint", { subscribe: ["a"] }));
    const effects = driver.request("endpoint", { nonce: "stale", subscribe: ["b"], unsubscribe: ["a"] });
    expect(effects.verdicts).toEqual([]);
    expect(show(effects)).toEqual(["endpoint +b@1"]);
    expect(show(driver.snapshot({ endpoint: { a: "2", b: "1" } }))).toEqual([]);
  });

  test("R5: a NACK is what has error_detail, whatever else the request says", () => {
    const driver = drive({ cluster: { a: "1" } });
    const [response] = driver.request("cluster").responses;
    const { verdicts } = driver.request("cluster", { nonce: response!.nonce, error: "", subscribe: ["b"] });
    expect(verdicts).toMatchObject([{ rejection: { message: "", resources: [{ name: "a" }] } }]);
  });

  test("R6: nothing is sent again while nothing changes", () => {
    const contents = { cluster: { a: "1" }, endpoint: { a: "1" } };
    const driver = drive(contents);
    settle(driver, driver.request("cluster"));
    settle(driver, driver.request("endpoint", { subscribe: ["a"] }));
    expect(show(driver.snapshot(contents))).toEqual([]);
    expect(show(driver.tick(60_000))).toEqual([]);
    expect(driver.tick(1).wakeAt).toBeUndefined();
  });

  test("R7: a NACK starts no hot loop, and a later good version is taken", () => {
    const driver = drive({ cluster: { a: "bad" } });
    const [response] = driver.request("cluster").responses;
    expect(show(driver.nack(response!, "no"))).toEqual([]);
    expect(show(driver.tick(60_000))).toEqual([]);
    expect(show(driver.snapshot({ cluster: { a: "bad" } }))).toEqual([]);
    expect(settle(driver, driver.snapshot({ cluster: { a: "good" } }))).toEqual(["cluster +a@good"]);
    const type = [...driver.state.types.values()][0];
    expect(type?.known.get("a")).toEqual({ told: "good", acked: "good" });
  });

  test("R23: no resource has a lifetime, so none is sent again to keep it alive", () => {
    const driver = drive({ cluster: { a: "1" } });
    const first = driver.request("cluster");
    settle(driver, first);
    expect(first.responses[0]?.resources[0]).not.toHaveProperty("ttl");
    expect(driver.tick(24 * 3_600_000)).toEqual({ responses: [], verdicts: [] });
  });

  test("R24: every response has a nonce of its own", () => {
    const driver = drive({ cluster: { a: "1" }, endpoint: { a: "1" } });
    const first = driver.request("cluster").responses;
    const second = driver.request("endpoint", { subscribe: ["a"] }).responses;
    const nonces = [...first, ...second].map(({ nonce }) => nonce);
    expect(new Set(nonces).size).toBe(2);
    expect(nonces).not.toContain("");
  });

  test("R29: no response for a type that this stream has not asked for", () => {
    const driver = drive({});
    settle(driver, driver.request("listener"));
    const all = { cluster: { a: "1" }, endpoint: { a: "1" }, listener: { l: "1" }, route: { r: "1" } };
    expect(settle(driver, driver.snapshot(all))).toEqual(["listener +l@1"]);
  });

  test("R30: an unknown type is answered, and the stream lives on", () => {
    const driver = drive({ cluster: { a: "1" } });
    const unknown = "type.googleapis.com/unheard.Of";
    expect(show(driver.request(unknown, { subscribe: ["x"] }))).toEqual([`${unknown} -x`]);
    expect(show(driver.request(unknown))).toEqual([]);
    expect(show(driver.request("cluster"))).toEqual(["cluster +a@1"]);
  });
});

describe("subscriptions", () => {
  test("R9: a first request that names nothing is the wildcard", () => {
    const driver = drive({ listener: { a: "1", b: "1" } });
    expect(settle(driver, driver.request("listener"))).toEqual(["listener +a@1 +b@1"]);
    expect(settle(driver, driver.snapshot({ listener: { a: "1", b: "1", c: "1" } }))).toEqual(["listener +c@1"]);
  });

  test("R9: a wildcard is answered even if there is nothing, since Envoy's start waits for it", () => {
    const driver = drive({});
    expect(settle(driver, driver.request("cluster"))).toEqual(["cluster"]);
    expect(settle(driver, driver.request("cluster"))).toEqual([]);
  });

  test("R9: types other than clusters and listeners have no wildcard without its name", () => {
    const driver = drive({ route: { r: "1" } });
    expect(show(driver.request("route"))).toEqual([]);
    expect(show(driver.request("route", { subscribe: ["*"] }))).toEqual(["route +r@1"]);
  });

  test("R10: after a name, an empty list is not the wildcard", () => {
    const driver = drive({ cluster: { a: "1", b: "1" } });
    expect(settle(driver, driver.request("cluster", { subscribe: ["a"] }))).toEqual(["cluster +a@1"]);
    expect(show(driver.request("cluster"))).toEqual([]);
    expect(show(driver.request("cluster", { unsubscribe: ["a"] }))).toEqual([]);
    expect(show(driver.snapshot({ cluster: { a: "2", b: "2" } }))).toEqual([]);
  });

  test("R11: leaving the wildcard keeps what is subscribed to by name", () => {
    const driver = drive({ cluster: { a: "1", b: "1" } });
    settle(driver, driver.request("cluster", { subscribe: ["*", "a"] }));
    expect(show(driver.request("cluster", { unsubscribe: ["*"] }))).toEqual([]);
    expect(show(driver.snapshot({ cluster: { a: "2", b: "2" } }))).toEqual(["cluster +a@2"]);
  });

  test("R13: subscribing again to a known name is answered", () => {
    const driver = drive({ endpoint: { a: "1" } });
    settle(driver, driver.request("endpoint", { subscribe: ["a"] }));
    expect(settle(driver, driver.request("endpoint", { subscribe: ["a"] }))).toEqual(["endpoint +a@1"]);
    expect(settle(driver, driver.request("endpoint", { subscribe: ["none"] }))).toEqual(["endpoint -none"]);
    expect(settle(driver, driver.request("endpoint", { subscribe: ["none"] }))).toEqual(["endpoint -none"]);
  });

  test("R14: unsubscribing from what was never subscribed to changes nothing", () => {
    const driver = drive({ endpoint: { a: "1" } });
    settle(driver, driver.request("endpoint", { subscribe: ["a"] }));
    expect(show(driver.request("endpoint", { unsubscribe: ["phantom"] }))).toEqual([]);
    expect(show(driver.snapshot({ endpoint: { a: "2" } }))).toEqual(["endpoint +a@2"]);
  });

  test("R15: a name that the wildcard still covers is sent again when it is unsubscribed", () => {
    const driver = drive({ cluster: { a: "1", b: "1" } });
    settle(driver, driver.request("cluster", { subscribe: ["*", "a", "gone"] }));
    expect(settle(driver, driver.request("cluster", { unsubscribe: ["a"] }))).toEqual(["cluster +a@1"]);
    expect(settle(driver, driver.request("cluster", { unsubscribe: ["gone"] }))).toEqual(["cluster -gone"]);
  });

  test.each(["endpoint", "route", "extension"] as const)(
    "R16, R17: a %s that does not exist is answered as removed, and pushed when it appears",
    (kind) => {
      const driver = drive({});
      expect(settle(driver, driver.request(kind, { subscribe: ["late"] }))).toEqual([`${kind} -late`]);
      expect(settle(driver, driver.snapshot({ [kind]: { late: "1" } }))).toEqual([`${kind} +late@1`]);
    },
  );

  test("R21: a name stands in a response once, however often it is asked for", () => {
    const driver = drive({ endpoint: { a: "1" } });
    expect(show(driver.request("endpoint", { subscribe: ["a", "a", "*", "a"] }))).toEqual(["endpoint +a@1"]);
  });
});

describe("reconnecting", () => {
  test("R25: what the Envoy has is not sent again, and what is gone is removed", () => {
    const driver = drive({ cluster: { same: "1", changed: "2", fresh: "1" } }, { lingerMs: 0, drainMs: 0 });
    const request = { initialVersions: { same: "1", changed: "1", gone: "1" } };
    expect(settle(driver, driver.request("cluster", request))).toEqual([
      "cluster +changed@2 +fresh@1",
      "cluster -gone",
    ]);
  });

  test("R25: the same for names", () => {
    const driver = drive({ route: { same: "1", changed: "2", fresh: "1" } });
    const request = { initialVersions: { same: "1", changed: "1", gone: "1" } };
    const subscribe = ["same", "changed", "gone", "fresh"];
    expect(settle(driver, driver.request("route", { ...request, subscribe }))).toEqual([
      "route +changed@2 +fresh@1",
      "route -gone",
    ]);
  });

  test("R25: a whole stream that has everything gets no resource", () => {
    const contents = { cluster: { c: "1" }, endpoint: { c: "1" }, listener: { l: "1" }, route: { r: "1" } };
    const driver = drive(contents);
    const sent = [
      ...settle(driver, driver.request("cluster", { initialVersions: { c: "1" } })),
      ...settle(driver, driver.request("endpoint", { subscribe: ["c"], initialVersions: { c: "1" } })),
      ...settle(driver, driver.request("listener", { initialVersions: { l: "1" } })),
      ...settle(driver, driver.request("route", { subscribe: ["r"], initialVersions: { r: "1" } })),
    ];
    expect(sent).toEqual(["cluster", "listener"]);
  });
});
