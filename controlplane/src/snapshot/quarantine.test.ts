import { beforeEach, describe, expect, test } from "vitest";
import { emptySnapshot } from "./build.ts";
import { forEachKind, TYPE_URLS } from "./kinds.ts";
import { Quarantine } from "./quarantine.ts";
import { quarantineFromJson, quarantineToJson } from "./quarantine-json.ts";
import type { EncodedResource, ProxySnapshot, ResourceKind } from "./types.ts";
import { resourceOf } from "./virtual-hosts.ts";

const envoy = "envoy 1.40.0";

/** `text` is the bytes: names in it are references. */
function made(kind: ResourceKind, name: string, text: string): EncodedResource {
  const value = new TextEncoder().encode(text);
  return { kind, typeUrl: TYPE_URLS[kind], name, version: text, value, origins: [] };
}

const cache = new Map<string, EncodedResource>();

/** Written as `kind name text`; equal ones are the same object, as the snapshots have it. */
function snapshot(proxy: string, ...lines: string[]): ProxySnapshot {
  const maps = forEachKind(() => new Map<string, EncodedResource>());
  for (const line of lines) {
    const [kind, name = "", ...text] = line.split(" ");
    const resource = cache.get(line) ?? made(kind as ResourceKind, name, text.join(" "));
    cache.set(line, resource);
    maps[resource.kind].set(name, resource);
  }
  return { ...emptySnapshot(proxy), resources: maps };
}

let quarantine: Quarantine;
let current: ProxySnapshot[];

function use(...snapshots: ProxySnapshot[]): void {
  current = snapshots;
  quarantine.use({ byProxy: new Map(snapshots.map((each) => [each.proxy, each])), changed: new Set() });
}

function all(proxy = "p"): EncodedResource[] {
  const own = current.find((each) => each.proxy === proxy)!;
  return Object.values(own.resources).flatMap((table) => [...table.values()]);
}

const accept = (proxy = "p", proxyClass = envoy): boolean => quarantine.accepted(proxy, proxyClass, all(proxy));

function refuse(kind: ResourceKind, name: string, proxy = "p", proxyClass = envoy): boolean {
  const bad = all(proxy).filter((each) => each.kind === kind && each.name === name);
  return quarantine.rejected(proxy, proxyClass, bad, "no");
}

function given(proxy = "p", proxyClass = envoy): string[] {
  const { resources } = quarantine.effective(proxy, proxyClass)!;
  return Object.values(resources)
    .flatMap((table) => [...table.values()])
    .map(({ kind, name, version, withheld }) => `${kind} ${name} ${withheld ? "(withheld)" : version}`)
    .toSorted();
}

beforeEach(() => {
  quarantine = new Quarantine();
});

describe("a refused resource", () => {
  test("is replaced by the last that was accepted, for all proxies of the class that should have it", () => {
    use(snapshot("p", "route r v1"), snapshot("q", "route r v1"));
    accept();
    use(snapshot("p", "route r v2"), snapshot("q", "route r v2"));
    expect(refuse("route", "r")).toBe(true);
    expect(given("p")).toEqual(["route r v1"]);
    expect(given("q")).toEqual(["route r v1"]);
    expect(given("q", "envoy 1.41.0")).toEqual(["route r v2"]);
    expect(quarantine.rejectionsOf("q", envoy)).toMatchObject([{ message: "no", resource: { name: "r" } }]);
  });

  test("is replaced by what was on its way when the bad one was written, if the proxy took that", () => {
    use(snapshot("p", "cluster a v1", "route r a"));
    const onItsWay = all();
    given();
    use(snapshot("p", "route r b"));
    quarantine.accepted("p", envoy, onItsWay);
    refuse("route", "r");
    expect(given()).toEqual(["cluster a v1", "route r a"]);
  });

  test("is not replaced by what was on its way and never answered for", () => {
    use(snapshot("p", "route r v1"));
    accept();
    use(snapshot("p", "route r v2"));
    given();
    use(snapshot("p", "route r v3"));
    refuse("route", "r");
    expect(given()).toEqual(["route r v1"]);
  });

  test("never sent before is withheld: whoever has some version keeps that", () => {
    use(snapshot("p", "route r v1"));
    refuse("route", "r");
    expect(given()).toEqual(["route r (withheld)"]);
  });

  test("that another proxy of the class accepted lies with the proxy: the others get it", () => {
    use(snapshot("p", "listener l v1"), snapshot("q", "listener l v1"));
    accept("q");
    refuse("listener", "l", "p");
    expect(given("p")).toEqual(["listener l (withheld)"]);
    expect(given("q")).toEqual(["listener l v1"]);
  });

  test("that another proxy accepts later is given to the others again", () => {
    use(snapshot("p", "listener l v1"), snapshot("q", "listener l v1"));
    refuse("listener", "l", "p");
    expect(given("q")).toEqual(["listener l (withheld)"]);
    expect(accept("q")).toBe(true);
    expect(given("q")).toEqual(["listener l v1"]);
    expect(given("p")).toEqual(["listener l (withheld)"]);
  });

  test("is tried again when it is corrected, and when it was away", () => {
    use(snapshot("p", "route r v1"));
    accept();
    use(snapshot("p", "route r v2"));
    refuse("route", "r");
    use(snapshot("p", "route r v3"));
    expect(given()).toEqual(["route r v3"]);
    use(snapshot("p", "route r v2"));
    expect(given()).toEqual(["route r v2"]);
  });

  test("followed by another bad one still has the last good one", () => {
    use(snapshot("p", "route r v1"));
    accept();
    for (const version of ["v2", "v3"]) {
      use(snapshot("p", `route r ${version}`));
      refuse("route", "r");
      quarantine.settled("p");
      expect(given()).toEqual(["route r v1"]);
    }
  });

  test("an answer about a version that is no longer wanted changes nothing", () => {
    use(snapshot("p", "route r v1"));
    const [old] = all();
    use(snapshot("p", "route r v2"));
    expect(quarantine.rejected("p", envoy, [old!], "no")).toBe(false);
  });
});

test("a virtual host that a pattern gave is set aside by its name, and comes again when the pattern is corrected", () => {
  use(snapshot("p", "virtualHost r/* v1"));
  const host = resourceOf(current[0]!, "virtualHost", "r/a")!;
  expect(quarantine.rejected("p", envoy, [host], "no")).toBe(true);
  expect(given()).toEqual(["virtualHost r/* v1", "virtualHost r/a (withheld)"]);
  expect(resourceOf(quarantine.effective("p", envoy)!, "virtualHost", "r/b")?.version).toBe("v1");
  use(snapshot("p", "virtualHost r/* v2"));
  expect(given()).toEqual(["virtualHost r/* v2"]);
});

describe("what the last good version refers to", () => {
  test("stays with it, also at second hand, and what it does not refer to goes", () => {
    use(
      snapshot("p", "route r v1 to cluster-a", "cluster cluster-a with set-a", "endpoint set-a x", "cluster other x"),
    );
    accept();
    use(snapshot("p", "route r v2 to cluster-b", "cluster cluster-b with set-b"));
    refuse("route", "r");
    expect(given()).toEqual([
      "cluster cluster-a with set-a",
      "cluster cluster-b with set-b",
      "endpoint set-a x",
      "route r v1 to cluster-a",
    ]);
  });

  test("stays when it goes later, while the bad one is still there", () => {
    use(snapshot("p", "route r v1 to cluster-a", "cluster cluster-a x"));
    accept();
    use(snapshot("p", "route r v2", "cluster cluster-a x"));
    refuse("route", "r");
    quarantine.settled("p");
    use(snapshot("p", "route r v2"));
    expect(given()).toEqual(["cluster cluster-a x", "route r v1 to cluster-a"]);
  });
});

test("settled forgets what was before only when all that came after is accepted", () => {
  use(snapshot("p", "route r v1", "cluster c v1"));
  accept();
  use(snapshot("p", "route r v2", "cluster c v2"));
  quarantine.accepted(
    "p",
    envoy,
    all().filter(({ kind }) => kind === "cluster"),
  );
  quarantine.settled("p");
  refuse("route", "r");
  expect(given()).toEqual(["cluster c v2", "route r v1"]);
});

describe("another try", () => {
  const minute = 60_000;
  const connected = (): boolean => true;

  test("after a minute, then ever more rarely, by one of those that refused it; what it takes is given to all", () => {
    use(snapshot("p", "route r v1"), snapshot("q", "route r v1"));
    refuse("route", "r");
    expect(quarantine.retry(0, connected)).toBe(false);
    expect(quarantine.retry(minute - 1, connected)).toBe(false);
    expect(quarantine.retry(minute, connected)).toBe(true);
    expect([given("p"), given("q")]).toEqual([["route r v1"], ["route r (withheld)"]]);
    expect(refuse("route", "r")).toBe(true);
    expect(given("p")).toEqual(["route r (withheld)"]);
    expect(quarantine.retry(2 * minute, connected)).toBe(false);
    expect(quarantine.retry(3 * minute, connected)).toBe(true);
    expect(accept()).toBe(true);
    expect([given("p"), given("q")]).toEqual([["route r v1"], ["route r v1"]]);
    expect(quarantine.rejections).toEqual([]);
  });

  test("not while none of them is connected", () => {
    use(snapshot("p", "route r v1"));
    refuse("route", "r");
    quarantine.retry(0, () => false);
    expect(quarantine.retry(minute, () => false)).toBe(false);
    expect(given()).toEqual(["route r (withheld)"]);
  });
});

describe("over a restart", () => {
  test("rejections and what stands in for them are kept", () => {
    use(snapshot("p", "route r v1 to cluster-a", "cluster cluster-a x"));
    accept();
    use(snapshot("p", "route r v2"));
    refuse("route", "r");
    const saved = JSON.stringify(quarantineToJson(quarantine.rejections));
    const before = given();
    quarantine = new Quarantine(quarantineFromJson(JSON.parse(saved)));
    use(snapshot("p", "route r v2"));
    expect(given()).toEqual(before);
    expect([...quarantine.rejectionsOf("p")[0]!.by]).toEqual(["p"]);
  });

  test.each([undefined, null, 7, [null], [{}], [{ proxyClass: "x", by: [1] }], [{ by: [], companions: [] }]])(
    "damaged state %j is no state",
    (json) => expect(quarantineFromJson(json)).toEqual([]),
  );
});
