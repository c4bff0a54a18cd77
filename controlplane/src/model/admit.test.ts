import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admit } from "./admit.ts";
import { DocumentCache } from "./document-cache.ts";
import { formatDiagnostic } from "./format-diagnostic.ts";
import { parseLastGood, NO_LAST_GOOD } from "./last-good.ts";
import { admitTexts, objectText, shortDiagnostic, toFiles } from "./testing/decode-text.ts";
import type { Admission } from "./admit.ts";

const service = objectText(
  "ServiceEntry",
  "hosts: [a.shop.svc.cluster.local]\nports: [{ number: 80, name: http }]\nresolution: STATIC\nworkloadSelector: { labels: { app: a } }",
  "a",
);
const workload = objectText(
  "WorkloadEntry",
  "address: 127.0.0.1\nports: { http: 8080 }\nlabels: { app: a, version: v1 }",
  "a-v1",
);
const rule = objectText("DestinationRule", "host: a\nsubsets: [{ name: v1, labels: { version: v1 } }]", "a");
const route = (destination: string): string =>
  objectText("VirtualService", `hosts: [a]\nhttp: [{ route: [{ destination: ${destination} }] }]`, "a");
const mesh = [service, workload, rule].join("---\n");
const good = { "mesh.yaml": mesh, "route.yaml": route("{ host: a, subset: v1 }") };

function states(admission: Admission): Record<string, string> {
  return Object.fromEntries(admission.objects.map(({ ref, state }) => [`${ref.kind} ${ref.name}`, state]));
}

function problems(admission: Admission): string[] {
  return admission.diagnostics.map((diagnostic) => `${diagnostic.position.file}:${shortDiagnostic(diagnostic)}`);
}

describe("admit", () => {
  test("builds the mesh of good files", () => {
    const admission = admitTexts(good);
    expect(problems(admission)).toEqual([]);
    expect(new Set(Object.values(states(admission)))).toEqual(new Set(["applied"]));
    expect(admission.mesh.services[0]).toMatchObject({
      host: "a.shop.svc.cluster.local",
      endpoints: [{ address: "127.0.0.1", ports: { http: 8080 }, workload: { name: "a-v1" } }],
    });
    expect(
      admission.mesh.proxies.map((proxy) => [proxy.id, proxy.kind, proxy.inbound.map((port) => port.appPort)]),
    ).toEqual([["a-v1.shop", "sidecar", [8080]]]);
  });

  test("keeps the last good version of an object with a mistake, and applies the others", () => {
    const before = admitTexts(good);
    const after = admitTexts(
      { "mesh.yaml": mesh.replace("v1 }", "v2 }"), "route.yaml": good["route.yaml"].replace("route:", "rout:") },
      before.lastGood,
    );
    expect(states(after)["VirtualService a"]).toBe("kept");
    expect(after.mesh.virtualServices).toEqual(before.mesh.virtualServices);
    expect(after.mesh.workloads[0]?.labels["version"]).toBe("v2");
    expect(problems(after).join("\n")).toContain(
      "route.yaml:6:12 IST0106 spec.http[0].rout is not a field of HTTPRoute",
    );
  });

  test("refuses a bad object that has no last good version", () => {
    const admission = admitTexts({ "mesh.yaml": mesh, "route.yaml": route("{ hots: a }") });
    expect(states(admission)).toMatchObject({ "VirtualService a": "refused", "ServiceEntry a": "applied" });
    expect(admission.mesh.virtualServices).toEqual([]);
  });

  test("a syntax error deletes nothing that was in the file", () => {
    const before = admitTexts(good);
    const after = admitTexts({ ...good, "mesh.yaml": "{" }, before.lastGood);
    expect(after.mesh).toEqual(before.mesh);
    expect(states(after)).toEqual({
      "ServiceEntry a": "kept",
      "WorkloadEntry a-v1": "kept",
      "DestinationRule a": "kept",
      "VirtualService a": "applied",
    });
  });

  test("a misspelled kind deletes nothing either", () => {
    const before = admitTexts(good);
    const after = admitTexts(
      { ...good, "route.yaml": good["route.yaml"].replace("kind: VirtualService", "kind: VirtualServic") },
      before.lastGood,
    );
    expect(after.mesh).toEqual(before.mesh);
    expect(problems(after)[0]).toMatch(
      /^route.yaml:2:7 SLU0002 the kind "VirtualServic" is unknown .* fix: did you mean "VirtualService"\?$/,
    );
  });

  test("an object whose text is gone is gone", () => {
    const after = admitTexts({ "mesh.yaml": mesh }, admitTexts(good).lastGood);
    expect(after.mesh.virtualServices).toEqual([]);
    expect(Object.keys(states(after))).not.toContain("VirtualService a");
  });

  test.each<[name: string, destination: string, problem: string]>([
    [
      "host",
      "{ host: b }",
      "route.yaml:6:43 IST0101 spec.http[0].route[0].destination.host: no ServiceEntry has the host b.shop.svc.cluster.local | allowed: a.shop.svc.cluster.local",
    ],
    [
      "subset",
      "{ host: a, subset: v2 }",
      'route.yaml:6:54 IST0101 spec.http[0].route[0].destination.subset: no DestinationRule for a.shop.svc.cluster.local has a subset "v2" | allowed: v1',
    ],
    [
      "port",
      "{ host: a, port: { number: 81 } }",
      "route.yaml:6:62 IST0101 spec.http[0].route[0].destination.port.number: a.shop.svc.cluster.local has no port 81 | allowed: 80",
    ],
  ])("keeps the last good version when a new one names an unknown %s", (_, destination, problem) => {
    const before = admitTexts(good);
    const after = admitTexts({ ...good, "route.yaml": route(destination) }, before.lastGood);
    expect(states(after)["VirtualService a"]).toBe("kept");
    expect(after.mesh).toEqual(before.mesh);
    expect(problems(after)[0]?.startsWith(problem)).toBe(true);
    expect(states(admitTexts({ ...good, "route.yaml": route(destination) }))["VirtualService a"]).toBe("refused");
  });

  test("applies a route, with the error, when what it names has vanished", () => {
    const after = admitTexts({ ...good, "mesh.yaml": [service, workload].join("---\n") }, admitTexts(good).lastGood);
    expect(states(after)["VirtualService a"]).toBe("applied");
    expect(after.diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.severity])).toEqual([
      ["IST0101", "error"],
    ]);
  });

  test("of two objects of one name the first by file counts", () => {
    const after = admitTexts({ "a.yaml": workload, "b.yaml": workload.replace("8080", "9090") });
    expect(after.mesh.workloads.map((one) => one.ports["http"])).toEqual([8080]);
    expect(problems(after)).toEqual([
      "b.yaml:1:1 SLU0005 WorkloadEntry/shop/a-v1 is already defined at a.yaml:1, which counts | fix: remove one of the two, or give it another name",
    ]);
  });

  test("a new entry cannot take a host away from one that works", () => {
    const before = admitTexts({ "m.yaml": service });
    const after = admitTexts(
      { "a.yaml": service.replace("name: a,", "name: thief,"), "m.yaml": service },
      before.lastGood,
    );
    expect(states(after)).toEqual({ "ServiceEntry a": "applied", "ServiceEntry thief": "refused" });
  });

  test("unfolds a List and ignores what it does not know yet with a warning", () => {
    const item = workload
      .trimEnd()
      .split("\n")
      .map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`))
      .join("\n");
    const list = `apiVersion: v1\nkind: List\nitems:\n${item}\n- { apiVersion: apps/v1, kind: Deployment, metadata: { name: a } }\n`;
    const after = admitTexts({ "list.yaml": list });
    expect(after.mesh.workloads.map((one) => one.ref.position.line)).toEqual([4]);
    expect(problems(after)).toEqual([
      "list.yaml:11:32 SLU0003 warning Deployment (apps/v1) is not supported yet by this version of Sluice, and is ignored",
    ]);
    expect(admitTexts({ "list.yaml": list }, parseLastGood(JSON.parse(JSON.stringify(after.lastGood)))).mesh).toEqual(
      after.mesh,
    );
  });
});

describe("LastGood", () => {
  test("survives JSON and gives the same mesh, positions included", () => {
    const before = admitTexts(good);
    const restored = parseLastGood(JSON.parse(JSON.stringify(before.lastGood)));
    const broken = Object.fromEntries(Object.keys(good).map((path) => [path, "kind: ["]));
    expect(admitTexts(broken, restored).mesh).toEqual(before.mesh);
  });

  test.each([
    null,
    1,
    {},
    { documents: 1 },
    { documents: [{}] },
    { documents: [{ file: "a", line: 1, text: "", objects: { a: "b" } }] },
  ])("reads %j as no state", (json) => {
    expect(parseLastGood(json)).toEqual(NO_LAST_GOOD);
  });
});

test("the names of JavaScript's own members are names like any other", () => {
  const text = [service, workload, rule, route("{ host: a, subset: v1 }")].join("---\n");
  for (const name of ["constructor", "constructor/v1", "__proto__", "toString"]) {
    for (const { index, 0: word } of text.matchAll(/[A-Za-z][\w./-]*/g)) {
      const changed = text.slice(0, index) + name + text.slice(index + word.length);
      const { diagnostics, mesh: after } = admitTexts({ "all.yaml": changed });
      expect(diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join("\n")).not.toMatch(/function|\[object/);
      expect(JSON.parse(JSON.stringify(after.proxies))).toEqual(after.proxies);
    }
  }
});

test("a cache changes nothing but the work (property), and no text makes it throw", () => {
  const text = good["route.yaml"] + "---\n" + mesh;
  const mutation = fc.record({
    at: fc.nat(text.length),
    cut: fc.nat(12),
    put: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom("---\n", "\n", "  ", "[", "{", ": ", "*a", "&a ", "null", "<<"),
    ),
  });
  const cache = new DocumentCache();
  const { lastGood } = admitTexts({ "all.yaml": text });
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 3 }), (mutations) => {
      const mutated = mutations.reduce((now, { at, cut, put }) => now.slice(0, at) + put + now.slice(at + cut), text);
      const files = toFiles({ "all.yaml": mutated });
      expect(admit(files, lastGood, cache)).toEqual(admit(files, lastGood));
    }),
    { numRuns: 200 },
  );
});
