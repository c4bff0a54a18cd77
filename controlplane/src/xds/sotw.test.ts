import { describe, expect, test } from "vitest";
import { TYPE_URLS } from "../snapshot/kinds.ts";
import { drive, settle, show } from "./kit.ts";
import type { Contents, Driver } from "./kit.ts";
import type { Effects } from "./types.ts";

const world = (contents: Contents, options = {}): Driver => drive(contents, options, { protocol: "sotw" });

// The numbers are those of the rules that the protocol's text (Envoy: api-docs/xds_protocol) gives; here as they are for the
// state of the world, beside rules.test.ts for the delta variant.
describe("requests and nonces", () => {
  test("R2: a nonce of an earlier stream acknowledges nothing, and the request counts as the first", () => {
    const effects = world({ cluster: { a: "1" } }).sotw("cluster", { nonce: "7" });
    expect(effects.verdicts).toEqual([]);
    expect(show(effects)).toEqual(["cluster = a@1"]);
  });

  test("R3: a request with a stale nonce gets no response, and does not count", () => {
    const driver = world({ endpoint: { a: "1", b: "1" } });
    const first = driver.sotw("endpoint", { names: ["a"] }).responses[0]!;
    driver.ack(first);
    const second = driver.snapshot({ endpoint: { a: "2", b: "1" } }).responses[0]!;
    const stale = driver.sotw("endpoint", { names: ["a", "b"], nonce: first.nonce });
    expect(stale).toMatchObject({ stale: true, responses: [], verdicts: [] });
    expect(show(driver.ack(second))).toEqual(["endpoint = b@1"]);
  });

  test("R3: a request with a stale nonce leaves what is to be done later as it is", () => {
    const driver = world({ cluster: { a: "1" } }, { lingerMs: 100 });
    const first = driver.sotw("cluster").responses[0]!;
    driver.ack(first);
    const second = driver.snapshot({ cluster: { b: "1" } }).responses[0]!;
    expect(driver.ack(second).wakeAt).toBe(100);
    expect(driver.sotw("cluster", { nonce: first.nonce })).toMatchObject({ stale: true, wakeAt: 100 });
  });

  test("R12: what was left and named again in requests that did not count is sent, since the client has dropped it", () => {
    const driver = world({ endpoint: { a: "1", b: "1" } });
    const first = driver.sotw("endpoint", { names: ["a"] }).responses[0]!;
    const second = driver.sotw("endpoint", { names: ["a", "b"], nonce: first.nonce }).responses[0]!;
    // Sent before the client has seen the second response.
    expect(driver.sotw("endpoint", { names: ["b"], nonce: first.nonce })).toMatchObject({ stale: true });
    expect(driver.sotw("endpoint", { names: ["a", "b"], nonce: first.nonce })).toMatchObject({ stale: true });
    expect(settle(driver, driver.ack(second))).toEqual(["endpoint = a@1"]);
    expect(show(driver.snapshot({ endpoint: { a: "1", b: "2" } }))).toEqual(["endpoint = b@2"]);
  });

  test("R10: a name in a request that did not count ends the wildcard of those that name nothing", () => {
    const driver = world({ cluster: { a: "1", b: "1" } });
    const first = driver.sotw("cluster").responses[0]!;
    driver.ack(first);
    const second = driver.snapshot({ cluster: { a: "2", b: "1" } }).responses[0]!;
    driver.sotw("cluster", { names: ["a"], nonce: first.nonce });
    expect(show(driver.sotw("cluster", { names: [], nonce: second.nonce }))).toEqual([]);
    expect(show(driver.snapshot({ cluster: { a: "3", b: "3" } }))).toEqual([]);
  });

  test("R5: a NACK is what has error_detail, though its version is that of an ACK", () => {
    const driver = world({ cluster: { a: "1" } });
    const response = driver.sotw("cluster").responses[0]!;
    const { verdicts } = driver.sotw("cluster", {
      nonce: response.nonce,
      version: response.sotw!.version,
      error: "no",
    });
    expect(verdicts).toMatchObject([{ rejection: { message: "no", resources: [{ name: "a" }] } }]);
  });

  test("R6: nothing is sent again while nothing changes", () => {
    const contents = { cluster: { a: "1" }, endpoint: { a: "1" } };
    const driver = world(contents);
    settle(driver, driver.sotw("cluster"));
    settle(driver, driver.sotw("endpoint", { names: ["a"] }));
    expect(show(driver.snapshot(contents))).toEqual([]);
    expect(show(driver.tick(60_000))).toEqual([]);
  });

  test("R7: a NACK starts no hot loop; what was refused is not repeated; a later good version is taken", () => {
    const driver = world({ cluster: { a: "1", b: "1" } });
    settle(driver, driver.sotw("cluster"));
    const bad = driver.snapshot({ cluster: { a: "bad", b: "1" } }).responses[0]!;
    expect(show(driver.nack(bad, "cluster a: no"))).toEqual([]);
    expect(settle(driver, driver.snapshot({ cluster: { a: "bad", b: "2" } }))).toEqual(["cluster = a@1 b@2"]);
    expect(settle(driver, driver.snapshot({ cluster: { a: "good", b: "2" } }))).toEqual(["cluster = a@good b@2"]);
  });

  test("R7: a NACK that names nothing is about all that was new", () => {
    const driver = world({ cluster: { a: "1" } });
    settle(driver, driver.sotw("cluster"));
    const bad = driver.snapshot({ cluster: { a: "1", b: "1", c: "1" } }).responses[0]!;
    const { verdicts } = driver.nack(bad, "does not decode");
    expect(verdicts).toMatchObject([{ rejection: { resources: [{ name: "b" }, { name: "c" }] } }]);
  });

  test("R8: the newest request of a type replaces the ones before", () => {
    const driver = world({ endpoint: { a: "1", b: "1", c: "1" } });
    const { nonce } = driver.sotw("endpoint", { names: ["a"] }).responses[0]!;
    expect(show(driver.sotw("endpoint", { names: ["a", "b"], nonce }))).toEqual(["endpoint = b@1"]);
    const late = driver.state.types.get(TYPE_URLS.endpoint)!.newestNonce;
    expect(show(driver.sotw("endpoint", { names: ["c"], nonce: late }))).toEqual(["endpoint = c@1"]);
    expect(show(driver.snapshot({ endpoint: { a: "2", b: "2", c: "1" } }))).toEqual([]);
  });

  test("R29, R30: no response for other types; an unknown type is silence, and the stream lives on", () => {
    const driver = world({ cluster: { a: "1" } });
    expect(show(driver.sotw("type.googleapis.com/unheard.Of", { names: ["x"] }))).toEqual([]);
    expect(show(driver.sotw("listener"))).toEqual(["listener ="]);
    expect(show(driver.snapshot({ cluster: { a: "2" } }))).toEqual([]);
    expect(show(driver.sotw("cluster"))).toEqual(["cluster = a@2"]);
  });
});

describe("subscriptions", () => {
  test("R9: clusters and listeners without names are all, also in later requests", () => {
    const driver = world({ listener: { a: "1", b: "1" } });
    expect(settle(driver, driver.sotw("listener"))).toEqual(["listener = a@1 b@1"]);
    expect(settle(driver, driver.snapshot({ listener: { a: "1", b: "1", c: "1" } }))).toEqual([
      "listener = a@1 b@1 c@1",
    ]);
  });

  test("R9: no other type has a wildcard without its name", () => {
    const driver = world({ route: { r: "1" } });
    expect(show(driver.sotw("route"))).toEqual([]);
    expect(show(driver.sotw("route", { names: ["*"] }))).toEqual(["route = r@1"]);
  });

  test("R10: after a name, an empty list unsubscribes from all", () => {
    const driver = world({ cluster: { a: "1", b: "1" } });
    expect(settle(driver, driver.sotw("cluster", { names: ["a"] }))).toEqual(["cluster = a@1"]);
    const { newestNonce: nonce } = driver.state.types.get(TYPE_URLS.cluster)!;
    expect(show(driver.sotw("cluster", { names: [], nonce }))).toEqual([]);
    expect(show(driver.snapshot({ cluster: { a: "2", b: "2" } }))).toEqual([]);
  });

  test("R11: `*` and a name, then the name alone, leaves the wildcard", () => {
    const driver = world({ cluster: { a: "1", b: "1" } });
    expect(settle(driver, driver.sotw("cluster", { names: ["*", "a"] }))).toEqual(["cluster = a@1 b@1"]);
    const { newestNonce: nonce } = driver.state.types.get(TYPE_URLS.cluster)!;
    expect(show(driver.sotw("cluster", { names: ["a"], nonce }))).toEqual([]);
    expect(settle(driver, driver.snapshot({ cluster: { a: "2", b: "2" } }))).toEqual(["cluster = a@2"]);
  });

  test("R12: a name that is added, or comes back, is sent though it did not change", () => {
    const driver = world({ endpoint: { a: "1", b: "1" } });
    settle(driver, driver.sotw("endpoint", { names: ["a"] }));
    const nonce = (): string => driver.state.types.get(TYPE_URLS.endpoint)!.newestNonce;
    expect(settle(driver, driver.sotw("endpoint", { names: ["a", "b"], nonce: nonce() }))).toEqual(["endpoint = b@1"]);
    expect(settle(driver, driver.sotw("endpoint", { names: ["b"], nonce: nonce() }))).toEqual([]);
    expect(settle(driver, driver.sotw("endpoint", { names: ["a", "b"], nonce: nonce() }))).toEqual(["endpoint = a@1"]);
  });

  test("R16, R18: of what does not exist nothing is said; it is sent when it appears", () => {
    const driver = world({});
    expect(show(driver.sotw("route", { names: ["late"] }))).toEqual([]);
    expect(settle(driver, driver.snapshot({ route: { late: "1" } }))).toEqual(["route = late@1"]);
  });

  test.each(["secret", "runtime", "extension", "virtualHost"] as const)("%s: subscribed, changed, left", (kind) => {
    const driver = world({ [kind]: { x: "1", y: "1" } });
    expect(settle(driver, driver.sotw(kind, { names: ["x"] }))).toEqual([`${kind} = x@1`]);
    expect(settle(driver, driver.snapshot({ [kind]: { x: "2", y: "2" } }))).toEqual([`${kind} = x@2`]);
  });
});

describe("payload", () => {
  test("R19: each response of clusters holds all of them, R20: one of endpoints only what changed", () => {
    const driver = world({ cluster: { a: "1", b: "1" }, endpoint: { a: "1", b: "1" } });
    settle(driver, driver.sotw("cluster"));
    settle(driver, driver.sotw("endpoint", { names: ["a", "b"] }));
    const next = { cluster: { a: "1", b: "2" }, endpoint: { a: "1", b: "1" } };
    // R27: and the changed cluster gets its endpoints again.
    expect(settle(driver, driver.snapshot(next))).toEqual(["cluster = a@1 b@2", "endpoint = b@1"]);
    expect(settle(driver, driver.snapshot({ ...next, endpoint: { a: "2", b: "1" } }))).toEqual(["endpoint = a@2"]);
  });

  test("R22: what is missing is removed, down to nothing; in make-before-break order", () => {
    const driver = world({ cluster: { a: "1" }, route: { r: "1" } }, { lingerMs: 100 });
    settle(driver, driver.sotw("cluster"));
    settle(driver, driver.sotw("route", { names: ["r"] }));
    const effects = driver.snapshot({ cluster: { b: "1" }, route: { r: "2" } });
    expect(settle(driver, effects)).toEqual(["cluster = a@1 b@1", "route = r@2"]);
    expect(settle(driver, driver.tick(100))).toEqual(["cluster = b@1"]);
    settle(driver, driver.snapshot({}));
    expect(settle(driver, driver.tick(100))).toEqual(["cluster ="]);
  });

  test("the version is that of the content: equal after a restart, whatever the order", () => {
    const version = (contents: Contents): string => world(contents).sotw("cluster").responses[0]!.sotw!.version;
    expect(version({ cluster: { a: "1", b: "1" } })).toBe(version({ cluster: { b: "1", a: "1" } }));
    expect(version({ cluster: { a: "1" } })).not.toBe(version({ cluster: { a: "2" } }));
  });
});

describe("reconnecting", () => {
  const contents = { cluster: { a: "1" }, endpoint: { a: "1" } };
  const { version } = world(contents).sotw("cluster").responses[0]!.sotw!;

  test("a client that asks for all, in the version that all has, is sent nothing until something changes", () => {
    const driver = world(contents);
    const effects = driver.sotw("cluster", { version });
    expect(show(effects)).toEqual([]);
    expect(effects.held).toMatchObject([{ name: "a" }]);
    expect(settle(driver, driver.snapshot({ cluster: { a: "1", b: "1" } }))).toEqual(["cluster = a@1 b@1"]);
  });

  test("in another version, or for named resources, it is sent all", () => {
    expect(show(world({ cluster: { a: "2" } }).sotw("cluster", { version }))).toEqual(["cluster = a@2"]);
    const endpoints = world(contents).sotw("endpoint", { names: ["a"] }).responses[0]!.sotw!;
    const again = world(contents).sotw("endpoint", { names: ["a"], version: endpoints.version });
    expect(show(again)).toEqual(["endpoint = a@1"]);
  });
});

describe("a stream for one type", () => {
  const only = { typeUrl: TYPE_URLS.endpoint };

  test.each(["sotw", "delta"] as const)("%s: another type ends it", (protocol) => {
    const driver = drive({ endpoint: { a: "1" } }, {}, { protocol, ...only });
    const ask = (kind: string, request = {}): Effects =>
      protocol === "sotw" ? driver.sotw(kind, request) : driver.request(kind, request);
    expect(ask("cluster").close).toMatchObject({ reason: "INVALID_ARGUMENT", text: expect.stringContaining("only") });
    const names = protocol === "sotw" ? { names: ["a"] } : { subscribe: ["a"] };
    expect(ask("endpoint", names).responses).toHaveLength(1);
  });

  test("an aggregated stream must say its type", () => {
    expect(drive({}).request("").close?.reason).toBe("INVALID_ARGUMENT");
  });

  test("nothing waits for types that other streams have", () => {
    const driver = drive({ route: { r: "1" } }, {}, { protocol: "sotw", typeUrl: TYPE_URLS.route });
    settle(driver, driver.sotw("route", { names: ["r"] }));
    expect(show(driver.snapshot({ cluster: { a: "1" }, route: { r: "2" } }))).toEqual(["route = r@2"]);
  });
});
