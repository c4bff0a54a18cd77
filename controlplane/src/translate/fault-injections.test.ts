import { base64Decode } from "@bufbuild/protobuf/wire";
import { describe, expect, test } from "vitest";
import type { FaultInjection } from "../model/fault-injection.ts";
import type { ProxyResources } from "../snapshot/types.ts";
import { bundlePrograms, compileFault } from "../policy/index.ts";
import { countsAttempts, faultInjectionsFor, nextFaultChange } from "./fault-injections.ts";
import { translate } from "./index.ts";
import { resourceJson } from "./json-fixture.ts";
import { mesh, ref, routeTo, service, sidecar, virtualService, workload } from "./mesh-fixture.ts";

const NOW = Date.UTC(2030, 0, 1);
const END = NOW + 3_600_000;

function injection(fields: Partial<FaultInjection> = {}): FaultInjection {
  return {
    ref: ref("FaultInjection", "f"),
    labels: {},
    hosts: ["a.com"],
    routes: [],
    side: "CLIENT",
    selector: {},
    match: [],
    phase: "REQUEST",
    responseCodes: [],
    abort: { perMillion: 1, statuses: [{ weight: 1, status: { httpStatus: 500 } }] },
    expiresMs: END,
    optOutHeader: "x-sluice-no-fault",
    mark: true,
    ...fields,
  };
}

const client = workload("client");
const target = { side: "CLIENT", workload: client, host: "a.com", route: "v1" } as const;

describe("an injection is for a target", () => {
  test.each<[string, Partial<FaultInjection>, boolean]>([
    ["by its host", {}, true],
    ["by a wildcard", { hosts: ["*.com"] }, true],
    ["not by another host", { hosts: ["b.com"] }, false],
    ["by its route", { routes: ["v1"] }, true],
    ["not by another route", { routes: ["v2"] }, false],
    ["by its workload's labels", { selector: { app: "client" } }, true],
    ["not by other labels", { selector: { app: "other" } }, false],
    ["not from another namespace", { ref: ref("FaultInjection", "f", "elsewhere") }, false],
    ["from the root namespace", { ref: ref("FaultInjection", "f", "istio-system") }, true],
    ["not on the other side", { side: "SERVER" }, false],
    ["not when it has ended", { expiresMs: NOW }, false],
  ])("%s", (_name, fields, isFor) => {
    expect(faultInjectionsFor(mesh({ faultInjections: [injection(fields)] }), target, NOW).length).toBe(isFor ? 1 : 0);
  });
});

describe("a lease", () => {
  const leased = injection({ leaseMs: 30_000 });
  const endAt = (now: number) => faultInjectionsFor(mesh({ faultInjections: [leased] }), target, now)[0]?.expiresMs;

  test("ends two to three thirds of its length from now", () => {
    expect(endAt(NOW)).toBe(NOW + 30_000);
    expect(endAt(NOW + 9_999)).toBe(NOW + 30_000);
    expect(endAt(NOW + 10_000)).toBe(NOW + 40_000);
  });
  test("never outlives its injection", () => {
    expect(endAt(END - 1)).toBe(END);
  });
  test("is renewed when a third of it has passed, an end is met when it comes", () => {
    expect(nextFaultChange({ faultInjections: [leased] }, NOW)).toBe(NOW + 10_000);
    expect(nextFaultChange({ faultInjections: [injection()] }, NOW)).toBe(END);
    expect(nextFaultChange({ faultInjections: [injection()] }, END)).toBeUndefined();
  });
});

describe("in routes", () => {
  const modules = { policies: { sha256: "a".repeat(64) }, authorization: { sha256: "b".repeat(64) } };
  const translated = (faultInjections: readonly FaultInjection[]): readonly ProxyResources[] => {
    const port = { name: "http", protocol: "HTTP" as const, number: 80 };
    const inbound = [{ name: "http", appPort: 9080, listenPort: 20_001, service: { host: "a.com", port } }];
    return translate(
      mesh({
        services: [service("a.com"), service("b.com")],
        virtualServices: [virtualService(["a.com"], [routeTo("a.com", { name: "v1" })])],
        proxies: [sidecar(client, { inbound }), sidecar(workload("other"), { inbound: [] })],
        faultInjections,
      }),
      { modules, now: NOW },
    );
  };
  /** The programs of a proxy's routes, by the route configuration's name and the virtual host's. */
  const programs = (proxies: readonly ProxyResources[], proxy: number): Record<string, string> => {
    const routes = (proxies[proxy]?.resources ?? [])
      .filter(({ kind }) => kind === "route")
      .map(resourceJson) as unknown as {
      name: string;
      virtual_hosts: { name: string; routes: { metadata?: { filter_metadata: { sluice: { policies: string } } } }[] }[];
    }[];
    return Object.fromEntries(
      routes.flatMap(({ virtual_hosts: hosts }) =>
        hosts.flatMap(({ name, routes: own }) =>
          own.flatMap(({ metadata }) => (metadata ? [[name, metadata.filter_metadata.sluice.policies]] : [])),
        ),
      ),
    );
  };
  const program = (one: FaultInjection) => bundlePrograms({ fault: compileFault(undefined, [one]) });

  test("of the host's clients, with a VirtualService and without", () => {
    const one = injection({ hosts: ["*.com"] });
    const found = programs(translated([one]), 0);
    expect(Object.keys(found)).toEqual(["a.com:80", "b.com:80"]);
    expect(base64Decode(found["a.com:80"] ?? "")).toEqual(program(one));
  });

  test("of the selected clients only", () => {
    const proxies = translated([injection({ selector: { app: "other" } })]);
    expect([0, 1].map((proxy) => Object.keys(programs(proxies, proxy)))).toEqual([[], ["a.com:80"]]);
  });

  test("to the host's own program, whose sidecar then asks its routes", () => {
    const one = injection({ side: "SERVER", attempts: 1 });
    const [first] = translated([one]);
    const texts = Object.values(programs(translated([one]), 0));
    expect(texts.map((text) => base64Decode(text))).toEqual([program(one)]);
    const extension = first?.resources.find(({ name }) => name === "sluice.inbound");
    const none = translated([])[0]?.resources.find(({ name }) => name === "sluice.inbound");
    expect(extension).not.toEqual(none);
    expect([countsAttempts([one]), countsAttempts([injection({ attempts: 1 })])]).toEqual([true, false]);
  });
});
