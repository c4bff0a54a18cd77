import { describe, expect, test } from "vitest";
import type { Service, Sidecar } from "../model/types.ts";
import { indexMesh } from "./mesh-index.ts";
import { mesh, ref, routeTo, service, sidecar, virtualService, workload } from "./mesh-fixture.ts";
import { scopesOf } from "./scope.ts";

const app = sidecar(workload("app", { namespace: "shop" }));

function of(name: string, namespace: string, fields: Partial<Sidecar> = {}): Sidecar {
  return { ref: ref("Sidecar", name, namespace), labels: {}, selector: {}, ...fields };
}

function known(services: readonly Service[], sidecars: readonly Sidecar[] = []): string[] {
  const all = mesh({
    services,
    sidecars,
    virtualServices: [
      virtualService(["entry.com"], [routeTo("far.com")], { ref: ref("VirtualService", "entry", "shop") }),
    ],
  });
  return scopesOf(indexMesh(all))
    .index(app)
    .services.map(({ host }) => host);
}

const services = [
  service("a.com", { namespace: "shop" }),
  service("b.com", { namespace: "other" }),
  service("far.com", { namespace: "other" }),
];

describe("a sidecar knows", () => {
  test.each<[string, readonly Sidecar[], readonly string[]]>([
    ["everything", [], ["a.com", "b.com", "far.com"]],
    ["everything without egress", [of("s", "shop")], ["a.com", "b.com", "far.com"]],
    ["a namespace", [of("s", "shop", { egress: [{ namespace: "other", host: "*" }] })], ["b.com", "far.com"]],
    [
      "a namespace without what is taken away",
      [
        of("s", "shop", {
          egress: [
            { namespace: "*", host: "*" },
            { namespace: "other", host: "b.com", isExcluded: true },
          ],
        }),
      ],
      ["a.com", "far.com"],
    ],
    [
      "the egress proxy",
      [
        of("s", "shop", {
          egress: [{ namespace: "~", host: "*" }],
          outbound: { mode: "ALLOW_ANY", egressProxy: { host: "b.com" } },
        }),
      ],
      ["b.com"],
    ],
    ["hosts", [of("s", "shop", { egress: [{ namespace: "*", host: "b.com" }] })], ["b.com"]],
    ["nothing", [of("s", "shop", { egress: [{ namespace: "~", host: "*" }] })], []],
    [
      "what a VirtualService in scope leads to",
      [of("s", "shop", { egress: [{ namespace: "shop", host: "*" }] })],
      ["a.com", "far.com"],
    ],
    [
      "by the Sidecar that picks it before that of its namespace",
      [
        of("s", "shop", { egress: [{ namespace: "~", host: "*" }] }),
        of("t", "shop", { selector: { app: "app" }, egress: [{ namespace: "*", host: "b.com" }] }),
      ],
      ["b.com"],
    ],
    [
      "by the root namespace's where there is no other",
      [of("s", "istio-system", { egress: [{ namespace: "*", host: "b.com" }] })],
      ["b.com"],
    ],
    [
      "all, where the Sidecar is another namespace's",
      [of("s", "other", { egress: [{ namespace: "~", host: "*" }] })],
      ["a.com", "b.com", "far.com"],
    ],
  ])("%s", (_, sidecars, expected) => {
    expect(known(services, sidecars)).toEqual(expected);
  });

  test("what is exported to its namespace", () => {
    const some = [
      service("a.com", { namespace: "other", exportTo: ["other"] }),
      service("b.com", { namespace: "other", exportTo: ["shop"] }),
      service("c.com", { namespace: "shop", exportTo: ["shop"] }),
    ];
    expect(known(some)).toEqual(["b.com", "c.com"]);
  });
});

test("a listener of a Sidecar's own knows its hosts by its port, and the general one does not know them", () => {
  const ports = [80, 81].map((number) => ({ number, name: `p${number}`, protocol: "HTTP" as const }));
  const hosts = [{ namespace: "*", host: "b.com" }];
  const one = of("s", "shop", {
    egress: [{ namespace: "shop", host: "a.com" }],
    listeners: [{ name: "l", bind: "127.0.0.1", port: 81, protocol: "HTTP", hosts }],
  });
  const some = [service("a.com", { namespace: "shop" }), service("b.com", { namespace: "other", ports })];
  const scopes = scopesOf(indexMesh(mesh({ services: some, sidecars: [one] })));
  const seen = ({ services: all }: { readonly services: readonly Service[] }): unknown[] =>
    all.map(({ host, ports: seenPorts }) => [host, seenPorts.map(({ number }) => number)]);
  expect(seen(scopes.main(app))).toEqual([["a.com", [80]]]);
  expect(scopes.listeners(app).map(({ index }) => seen(index))).toEqual([[["b.com", [81]]]]);
  // Clusters are for both.
  expect(seen(scopes.index(app))).toEqual([
    ["a.com", [80]],
    ["b.com", [80, 81]],
  ]);
});

test("where nothing is limited all have the whole", () => {
  const index = indexMesh(mesh({ services }));
  expect(scopesOf(index).index(app)).toBe(index);
});
