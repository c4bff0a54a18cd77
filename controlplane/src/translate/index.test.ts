import { toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import type { Mesh } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { bookinfo } from "./bookinfo-fixture.ts";
import { resourceJson } from "./json-fixture.ts";
import {
  destinationRule,
  httpMatch,
  mesh,
  ref,
  routeTo,
  service,
  sidecar,
  virtualService,
  workload,
} from "./mesh-fixture.ts";
import { translate } from "./index.ts";

const modules = { policies: { sha256: "a".repeat(64) }, authorization: { sha256: "b".repeat(64) } };

function resourcesOf(of: Mesh): Record<string, readonly Resource[]> {
  return Object.fromEntries(translate(of, { modules }).map(({ proxy, resources }) => [proxy, resources]));
}

function find(resources: readonly Resource[] | undefined, kind: Resource["kind"], name: string): Resource {
  const found = resources?.find((resource) => resource.kind === kind && resource.name === name);
  if (!found) {
    throw new Error(`no ${kind} ${name}`);
  }
  return found;
}

describe("bookinfo", () => {
  test.each(["ratings-v1.bookinfo", "istio-ingressgateway.istio-system"])("golden resources of %s", async (proxy) => {
    const resources = resourcesOf(bookinfo())[proxy] ?? [];
    const text = resources.map((resource) => `# ${resource.kind} ${resource.name}\n${json(resource)}\n`).join("\n");
    await expect(withoutPrograms(text)).toMatchFileSnapshot(`testdata/${proxy}.txt`);
  });

  test("equal meshes give equal bytes in equal order", () => {
    const bytes = () =>
      Object.values(resourcesOf(bookinfo()))
        .flat()
        .map(({ name, schema, message }) => [name, toBinary(schema, message)]);
    expect(bytes()).toEqual(bytes());
  });

  test("every proxy has an extension for each direction of its listeners, and for tokens, under the filter's name", () => {
    for (const [proxy, resources] of Object.entries(resourcesOf(bookinfo()))) {
      const names = resources.filter(({ kind }) => kind === "extension").map(({ name }) => name);
      const directions = proxy.includes("gateway") ? ["sluice.outbound"] : ["sluice.inbound", "sluice.outbound"];
      expect(names).toEqual([...directions, "sluice.tokens"]);
    }
  });

  test("authorization is in the programs of the workload that a policy selects, and of no other", () => {
    const all = resourcesOf(bookinfo());
    const programs = (proxy: string) => json(find(all[proxy], "extension", "sluice.inbound"));
    expect(programs("ratings-v1.bookinfo")).not.toEqual(programs("reviews-v1.bookinfo"));
    expect(programs("reviews-v1.bookinfo")).toEqual(programs("details-v1.bookinfo"));
  });

  test("the policies are on for all routes where a program counts, and off where everything is switched off", () => {
    const off = { metric: "ALL_METRICS", mode: "CLIENT_AND_SERVER", disabled: true, tags: {} } as const;
    const telemetry = { ref: ref("Telemetry", "off", "istio-system"), labels: {}, selector: {}, overrides: [off] };
    const isOn = (of: Mesh) =>
      json(find(resourcesOf(of)["reviews-v1.bookinfo"], "route", "inbound|20004")).includes("sluice.inbound");
    expect([isOn(bookinfo()), isOn({ ...bookinfo(), telemetries: [telemetry] })]).toEqual([true, false]);
  });

  test("resources know the user's objects that they come from", () => {
    const resources = resourcesOf(bookinfo())["ratings-v1.bookinfo"];
    const kinds = (resource: Resource) => new Set(resource.origins.map(({ kind }) => kind));
    expect(kinds(find(resources, "route", "outbound"))).toEqual(new Set(["ServiceEntry", "VirtualService"]));
    expect(kinds(find(resources, "extension", "sluice.inbound"))).toEqual(new Set(["AuthorizationPolicy"]));
    expect(kinds(find(resources, "route", "inbound|20003"))).toEqual(new Set(["WorkloadEntry", "AuthorizationPolicy"]));
    expect(kinds(find(resources, "cluster", "outbound|9080|v1|reviews.bookinfo.svc.cluster.local"))).toEqual(
      new Set(["ServiceEntry", "DestinationRule"]),
    );
  });
});

describe("sharing", () => {
  const inA = ["one", "two"].map((name) => workload(name, { namespace: "a" }));
  const inB = workload("three", { namespace: "b" });
  const proxies = [...inA, inB].map((each) => sidecar(each));

  /** Whether two proxies have the same object for a resource. */
  function shared(of: Mesh, kind: Resource["kind"], name: string, a = "one.a", b = "three.b"): boolean {
    const all = resourcesOf(of);
    return find(all[a], kind, name) === find(all[b], kind, name);
  }

  test("all proxies share clusters, endpoints, extensions and routes where nothing tells them apart", () => {
    const of = mesh({ services: [service("x.com")], proxies });
    const names = [
      ["cluster", "outbound|80||x.com"],
      ["endpoint", "outbound|80||x.com"],
      ["extension", "sluice.inbound"],
      ["extension", "sluice.outbound"],
      ["route", "outbound"],
    ] as const;
    expect(names.map(([kind, name]) => shared(of, kind, name))).toEqual([true, true, true, true, true]);
  });

  test("short names tell namespaces apart, but not the clients in one", () => {
    const of = mesh({ services: [service("x.a.svc.cluster.local")], proxies });
    expect(shared(of, "route", "outbound")).toBe(false);
    expect(shared(of, "route", "outbound", "one.a", "two.a")).toBe(true);
  });

  test("source labels tell clients apart", () => {
    const http = [routeTo("x.com", { match: [httpMatch({ sourceLabels: { app: "one" } })] })];
    const of = mesh({ services: [service("x.com")], virtualServices: [virtualService(["x.com"], http)], proxies });
    expect(shared(of, "route", "outbound", "one.a", "two.a")).toBe(false);
    expect(shared(of, "route", "outbound", "two.a", "three.b")).toBe(true);
  });

  test("a namespace's own DestinationRule changes the one service for it, and no other", () => {
    const rule = destinationRule("x.com", { ref: ref("DestinationRule", "x", "a") });
    const of = mesh({ services: [service("x.com"), service("y.com")], destinationRules: [rule], proxies });
    expect(shared(of, "cluster", "outbound|80||x.com")).toBe(false);
    expect(shared(of, "cluster", "outbound|80||y.com")).toBe(true);
  });
});

// Programs have golden files of their own; here it counts that they are there.
function withoutPrograms(text: string): string {
  return text.replaceAll(/"U0xQ[\w+/]+=*"/g, '"<program>"');
}

function json(resource: Resource): string {
  return JSON.stringify(resourceJson(resource), null, 2);
}
