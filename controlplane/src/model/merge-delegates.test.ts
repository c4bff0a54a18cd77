import { expect, test } from "vitest";
import { formatDiagnostic } from "./format-diagnostic.ts";
import { admitTexts, objectText } from "./testing/decode-text.ts";
import type { Admission } from "./admit.ts";

const service = objectText(
  "ServiceEntry",
  "hosts: [a.com]\nports: [{ number: 80, name: http, protocol: HTTP }]\nresolution: DNS",
);
const to = "route: [{ destination: { host: a.com } }]";
const root = (http: string, namespace = "shop"): string =>
  objectText("VirtualService", `hosts: [a.com]\nhttp:\n${http}`, "root", namespace);
const delegate = (http: string, spec = ""): string =>
  objectText("VirtualService", `${spec}http:\n${http}`, "team", "shop");

function admitted(...texts: readonly string[]): Admission {
  return admitTexts({ "x.yaml": [service, ...texts].join("---\n") });
}

function problems({ diagnostics }: Admission): string[] {
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).split("\n")[0] ?? "");
}

test("the delegate's routes stand in the place of the root's, in order, and say what counts", () => {
  const { mesh, diagnostics } = admitted(
    root(
      `- name: r\n  match: [{ uri: { prefix: /x }, headers: { k: { exact: v } } }]\n  delegate: { name: team }\n  timeout: 1s\n  retries: { attempts: 1 }\n- ${to}`,
    ),
    delegate(
      `- name: d\n  match: [{ uri: { exact: /x/1 } }, { method: { exact: GET } }]\n  timeout: 2s\n  ${to}\n- ${to}`,
    ),
  );
  expect(diagnostics).toEqual([]);
  expect(mesh.virtualServices.map(({ ref, delegates }) => [ref.name, delegates?.map(({ name }) => name)])).toEqual([
    ["root", ["team"]],
  ]);
  expect(mesh.virtualServices[0]?.http).toMatchObject([
    {
      name: "r-d",
      match: [
        { uri: { exact: "/x/1" }, headers: { k: { exact: "v" } } },
        { uri: { prefix: "/x" }, method: { exact: "GET" } },
      ],
      timeoutMs: 2000,
      retries: { attempts: 1 },
    },
    { name: "r", match: [{ uri: { prefix: "/x" } }], timeoutMs: 1000 },
    { match: [] },
  ]);
  expect(mesh.virtualServices[0]?.http.some((route) => "delegate" in route)).toBe(false);
});

test.each<[name: string, root: string, own: string]>([
  ["another path", "uri: { prefix: /a }", "uri: { prefix: /b }"],
  ["an exact path of the root", "uri: { exact: /a }", "uri: { exact: /a }"],
  ["an expression", "uri: { prefix: /a }", 'uri: { regex: "/a.*" }'],
  ["case", "uri: { prefix: /a }, ignoreUriCase: true", "uri: { prefix: /a }"],
  ["a method", "method: { exact: GET }", "method: { exact: POST }"],
  ["a header", "headers: { k: { exact: a } }", "headers: { k: { exact: b } }"],
  ["a query parameter", "queryParams: { k: { exact: a } }", "queryParams: { k: { exact: b } }"],
  ["a port", "port: 80", "port: 81"],
  ["a label", "sourceLabels: { k: a }", "sourceLabels: { k: b }"],
  ["a namespace", "sourceNamespace: a", "sourceNamespace: b"],
])("a match that contradicts the root's has no effect: %s", (_, first, own) => {
  const admission = admitted(
    root(`- match: [{ ${first} }]\n  delegate: { name: team }\n- ${to}`),
    delegate(`- match: [{ ${own} }]\n  ${to}`),
  );
  expect(problems(admission)).toEqual([
    expect.stringMatching(
      /^x.yaml:\d+:5: warning IST0131 VirtualService shop\/team: spec.http\[0\].match has no effect below/,
    ),
  ]);
  expect(admission.mesh.virtualServices[0]?.http.length).toBe(1);
});

test.each<[name: string, texts: string[], problem: RegExp, hosts: number]>([
  [
    "unknown",
    [root("- delegate: { name: none }")],
    /error IST0101 .*there is no VirtualService shop\/none without hosts/,
    0,
  ],
  [
    "of one with hosts",
    [root("- delegate: { name: root }")],
    /error IST0101 .*there is no VirtualService shop\/root without hosts/,
    0,
  ],
  [
    "not exported",
    [root("- delegate: { name: team, namespace: shop }", "other"), delegate(`- ${to}`, "exportTo: [.]\n")],
    /error IST0101 .*is not exported to the namespace other/,
    0,
  ],
  ["that nobody asked for", [delegate(`- ${to}`)], /warning SLU0011 .*no VirtualService delegates to this one/, 0],
])("a delegate %s", (_, texts, problem, count) => {
  const admission = admitted(...texts);
  expect(
    problems(admission).some((line) => problem.test(line)),
    problems(admission).join("\n"),
  ).toBe(true);
  expect(admission.mesh.virtualServices.length).toBe(count);
});

test("a delegate that has vanished takes its route along and leaves the others", () => {
  const rootText = root(`- match: [{ uri: { prefix: /x } }]\n  delegate: { name: team }\n- ${to}`);
  const before = admitted(rootText, delegate(`- ${to}`));
  const { mesh } = admitTexts({ "x.yaml": [service, rootText].join("---\n") }, before.lastGood);
  expect(mesh.virtualServices[0]?.http).toMatchObject([{ match: [] }]);
});

test("a delegate with an error goes on as it was", () => {
  const rootText = root("- delegate: { name: team }");
  const before = admitted(rootText, delegate(`- ${to}`));
  const texts = [service, rootText, delegate(`- timeout: 7\n  ${to}`)];
  const { mesh } = admitTexts({ "x.yaml": texts.join("---\n") }, before.lastGood);
  expect(mesh.virtualServices[0]?.http.length).toBe(1);
});
