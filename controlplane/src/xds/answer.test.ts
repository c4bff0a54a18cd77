import { describe, expect, test } from "vitest";
import { TYPE_URLS } from "../snapshot/kinds.ts";
import type { ProxySnapshot, ResourceKind } from "../snapshot/types.ts";
import { drive, resourceOf, settle, show, snapshotOf } from "./kit.ts";
import type { Driver } from "./kit.ts";
import { step } from "./machine.ts";
import { namesInMessage } from "./names-in-message.ts";
import type { Effects } from "./types.ts";

function known(driver: Driver, kind: ResourceKind, name: string): unknown {
  return driver.state.types.get(TYPE_URLS[kind])?.known.get(name);
}

describe("NACK", () => {
  test("of clusters: those named are rejected, the others are in use", () => {
    const driver = drive({ cluster: { a: "1", b: "1", c: "1" } });
    const [response] = driver.request("cluster").responses;
    const message = "Error adding/updating cluster(s) b: no such thing";
    const { verdicts, responses } = driver.nack(response!, message);
    expect(verdicts).toMatchObject([
      { accepted: [{ name: "a" }, { name: "c" }], rejection: { resources: [{ name: "b" }] } },
    ]);
    expect(responses).toEqual([]);
    expect(known(driver, "cluster", "a")).toEqual({ told: "1", acked: "1" });
    expect(known(driver, "cluster", "b")).toEqual({ told: "1", rejected: { version: "1", message } });
  });

  test("that names nothing: each is sent once more, alone, which finds the bad one", () => {
    const driver = drive({ cluster: { a: "1", b: "1" } });
    const [response] = driver.request("cluster").responses;
    const effects = driver.nack(response!, "Proto constraint validation failed");
    expect(show(effects)).toEqual(["cluster +a@1", "cluster +b@1"]);
    expect(show(driver.ack(effects.responses[0]!))).toEqual([]);
    expect(show(driver.nack(effects.responses[1]!, "Proto constraint validation failed"))).toEqual([]);
    expect(known(driver, "cluster", "a")).toEqual({ told: "1", acked: "1" });
    expect(known(driver, "cluster", "b")).toMatchObject({ rejected: { version: "1" } });
    expect(show(driver.tick(60_000))).toEqual([]);
  });

  test("of endpoints: Envoy stops at the first bad one, so the others are sent again", () => {
    const driver = drive({ endpoint: { a: "1", b: "1", c: "1" } });
    const [response] = driver.request("endpoint", { subscribe: ["a", "b", "c"] }).responses;
    const effects = driver.nack(response!, "malformed address in b");
    expect(settle(driver, effects)).toEqual(["endpoint +a@1", "endpoint +c@1"]);
    expect(known(driver, "endpoint", "c")).toEqual({ told: "1", acked: "1" });
  });

  test("a new stream tries the rejected version again, since Envoy does not say that it has it", () => {
    const driver = drive({ cluster: { a: "2" } });
    expect(show(driver.request("cluster", { initialVersions: { a: "1" } }))).toEqual(["cluster +a@2"]);
  });

  test("the old content after a rejected one is sent, so that Envoy forgets the failure", () => {
    const driver = drive({ cluster: { a: "good" } });
    settle(driver, driver.request("cluster"));
    const [bad] = driver.snapshot({ cluster: { a: "bad" } }).responses;
    driver.nack(bad!, "no");
    expect(settle(driver, driver.snapshot({ cluster: { a: "good" } }))).toEqual(["cluster +a@good"]);
    expect(known(driver, "cluster", "a")).toEqual({ told: "good", acked: "good" });
  });
});

describe("what is withheld", () => {
  const withheld = (version: string): ProxySnapshot => {
    const base = snapshotOf({});
    const resource = { ...resourceOf("route", "r", version), version: "", withheld: true } as const;
    return { ...base, resources: { ...base.resources, route: new Map([["r", resource]]) } };
  };

  test("is not there for an Envoy that has nothing, and stays with one that has something", () => {
    const fresh = drive({});
    step(fresh.state, { type: "snapshot", snapshot: withheld("bad"), now: 0 });
    expect(show(fresh.request("route", { subscribe: ["r"] }))).toEqual(["route -r"]);
    const running = drive({});
    step(running.state, { type: "snapshot", snapshot: withheld("bad"), now: 0 });
    expect(show(running.request("route", { subscribe: ["r"], initialVersions: { r: "old" } }))).toEqual([]);
  });

  test("is sent when it is given again, though it was refused in the same version", () => {
    const driver = drive({ route: { r: "bad" } });
    driver.nack(driver.request("route", { subscribe: ["r"] }).responses[0]!, "no");
    expect(show(step(driver.state, { type: "snapshot", snapshot: withheld("bad"), now: 0 }))).toEqual([]);
    expect(settle(driver, driver.snapshot({ route: { r: "bad" } }))).toEqual(["route +r@bad"]);
    expect(known(driver, "route", "r")).toEqual({ told: "bad", acked: "bad" });
  });
});

describe("an update that Envoy may not be ready for", () => {
  const withUpdates = (version: string): ProxySnapshot => {
    const base = snapshotOf({});
    const plain = resourceOf("extension", "x", version);
    const updates = [0, 1].map((form) => ({ ...plain, value: Uint8Array.of(form) }));
    return { ...base, resources: { ...base.resources, extension: new Map([["x", { ...plain, updates }]]) } };
  };
  const formOf = ({ responses }: Effects): number | undefined => responses[0]?.resources[0]?.value[0];
  const plainForm = "x".codePointAt(0);

  test("is sent in its own form, again in another, and taken when Envoy is ready", () => {
    const driver = drive({});
    step(driver.state, { type: "snapshot", snapshot: withUpdates("1"), now: 0 });
    const first = driver.request("extension", { subscribe: ["x"] });
    expect(formOf(first)).toBe(plainForm);
    driver.ack(first.responses[0]!);
    const update = step(driver.state, { type: "snapshot", snapshot: withUpdates("2"), now: 0 });
    expect(formOf(update)).toBe(0);
    const refused = driver.nack(update.responses[0]!, "code is not there yet");
    expect(refused).toMatchObject({ responses: [], wakeAt: 100, verdicts: [{ retried: true }] });
    const again = driver.tick(100);
    expect(formOf(again)).toBe(1);
    driver.ack(again.responses[0]!);
    expect(known(driver, "extension", "x")).toEqual({ told: "2", acked: "2" });
  });

  test("counts as rejected when it is refused every time", () => {
    const driver = drive({});
    step(driver.state, { type: "snapshot", snapshot: withUpdates("1"), now: 0 });
    driver.ack(driver.request("extension", { subscribe: ["x"] }).responses[0]!);
    let effects = step(driver.state, { type: "snapshot", snapshot: withUpdates("2"), now: 0 });
    for (let tries = 0; tries < 7; tries += 1) {
      driver.nack(effects.responses[0]!, "never");
      effects = driver.tick(2000);
    }
    driver.nack(effects.responses[0]!, "never");
    expect(known(driver, "extension", "x")).toMatchObject({ rejected: { version: "2", message: "never" } });
    expect(driver.tick(60_000).responses).toEqual([]);
  });
});

describe("namesInMessage", () => {
  const names = ["outbound|80||a", "outbound|80||a.b", "127.0.0.1_80", "x", "x-y"];
  test.each([
    ["Error adding/updating cluster(s) outbound|80||a.b: bad", ["outbound|80||a.b"]],
    [
      "Error adding/updating cluster(s) outbound|80||a: bad, outbound|80||a.b: bad",
      ["outbound|80||a.b", "outbound|80||a"],
    ],
    ["error adding listener '127.0.0.1_80': in use", ["127.0.0.1_80"]],
    ["something about x.", ["x"]],
    ["something about x-y, not the other", ["x-y"]],
    ["exclusive 127.0.0.1_8080", []],
    ["", []],
  ])("%s", (message, expected) => {
    expect(namesInMessage(message, names)).toEqual(expected);
  });
});
