import { describe, expect, test } from "vitest";
import { NO_LAST_GOOD } from "../model/last-good.ts";
import { admit } from "../model/admit.ts";
import { explainRequest } from "./index.ts";
import { normalizePath } from "./request.ts";
import type { Explanation, Question } from "./types.ts";

/** Two versions of `a` behind a gateway, with a rule of each kind. */
const YAML = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: a, namespace: shop }
spec:
  hosts: [a.shop.svc.cluster.local]
  resolution: STATIC
  ports: [{ number: 80, name: http }]
  workloadSelector: { labels: { app: a } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: a-v1, namespace: shop }
spec: { address: 127.0.0.1, ports: { http: 9080 }, labels: { app: a, version: v1 } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: a-v2, namespace: shop }
spec: { address: 127.0.0.2, ports: { http: 9080 }, labels: { app: a, version: v2 } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: a, namespace: shop }
spec: { host: a, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*.shop.com"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: a, namespace: shop }
spec:
  hosts: [www.shop.com]
  gateways: [edge]
  http:
  - name: elsewhere
    match: [{ port: 9999 }]
    route: [{ destination: { host: a } }]
  - name: old
    match: [{ uri: { prefix: /old/ } }]
    redirect: { uri: /new, authority: shop.org }
  - name: testers
    match: [{ headers: { x-tester: { regex: "j.*" } } }]
    fault: { delay: { percentage: { value: 50 }, fixedDelay: 2s } }
    headers: { request: { set: { x-route: testers } } }
    rewrite: { uri: /v2 }
    timeout: 3s
    retries: { attempts: 0 }
    route: [{ destination: { host: a, subset: v2 } }]
  - name: api
    match: [{ uri: { prefix: /api } }]
    route:
    - { destination: { host: a, subset: v1 }, weight: 3 }
    - { destination: { host: a, subset: v2 }, weight: 1 }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: readers, namespace: shop }
spec: { selector: { matchLabels: { version: v2 } }, rules: [{ to: [{ operation: { paths: ["/v2*"] } }] }] }
`;
const { mesh } = admit([{ path: "mesh.yaml", text: YAML }], NO_LAST_GOOD);

function ask(url: string, more: Partial<Question> = {}): ReturnType<typeof explainRequest> {
  return explainRequest(mesh, { method: "GET", url: new URL(url), headers: [], ...more });
}

function explained(url: string, more: Partial<Question> = {}): Explanation {
  const explanation = ask(url, more);
  if ("problem" in explanation) throw new Error(explanation.problem);
  return explanation;
}

function lineOf(text: string): number {
  return YAML.split("\n").findIndex((line) => line.includes(text)) + 1;
}

test("the mesh of the tests is good", () => {
  expect(admit([{ path: "mesh.yaml", text: YAML }], NO_LAST_GOOD).diagnostics).toEqual([]);
});

test("a rule with shares, and why the earlier ones do not match", () => {
  const { attempts, leftOut, outcome, virtualHost } = explained("http://www.shop.com:8080/api/x?y=1");
  expect(virtualHost?.domain).toBe("www.shop.com");
  expect(attempts.map(({ route, mismatch }) => [route, mismatch])).toEqual([
    ["old", "the path /api/x does not begin with /old/"],
    ["testers", "there is no header x-tester; something that matches j.* is wanted"],
    ["api", undefined],
  ]);
  expect(attempts[2]?.madeFrom).toMatchObject({
    object: "VirtualService shop/a",
    rule: "api",
    position: { file: "mesh.yaml", line: lineOf("name: api") },
  });
  expect(leftOut.map(({ rule }) => rule)).toEqual(["elsewhere"]);
  expect(outcome).toMatchObject({
    kind: "forward",
    destinations: [
      { host: "a.shop.svc.cluster.local", subset: "v1", port: 80, percent: 75, workloads: ["a-v1.shop"] },
      { subset: "v2", percent: 25, workloads: ["a-v2.shop"] },
    ],
  });
});

test("what a rule does on the way, and what the destination's policies see", () => {
  const seen: string[] = [];
  const question: Question = {
    method: "GET",
    url: new URL("http://www.shop.com:8080/x"),
    headers: [["X-Tester", "jane"]],
  };
  const explanation = explainRequest(mesh, question, {
    authorize: (policies, facts) => {
      seen.push(`${policies.map(({ ref }) => ref.name).join()} ${facts.path} ${facts.port}`);
      return { decision: { allowed: true }, summary: "allowed", rules: [] };
    },
  });
  if ("problem" in explanation) throw new Error(explanation.problem);
  expect(explanation.effects.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    "fault 50 % delayed by 2000 ms",
    "rewrite what matched of the path becomes /v2",
    "timeout 3000 ms",
    "retries none",
    "headers request: set x-route: testers",
  ]);
  expect(seen).toEqual(["readers /v2x 9080"]);
  expect(explanation.authorization).toMatchObject([
    { role: "gateway", policies: [] },
    { workload: "a-v2.shop", decision: { allowed: true, summary: "allowed" } },
  ]);
});

test.each<[what: string, url: string, more: Partial<Question>, outcome: object]>([
  [
    "a redirect",
    "http://www.shop.com:8080/old/x?y=1",
    {},
    { kind: "redirect", status: 301, location: "http://shop.org/new?y=1" },
  ],
  ["no rule", "http://www.shop.com:8080/", {}, { kind: "respond", status: 404 }],
  ["an unknown host", "http://other.org:8080/", {}, { kind: "respond", status: 404 }],
  ["a Host header", "http://127.0.0.1:8080/api", { headers: [["Host", "www.shop.com"]] }, { kind: "forward" }],
  ["the only port of the gateway", "http://www.shop.com/api", {}, { kind: "forward" }],
  ["a gateway by name", "http://www.shop.com:8080/api", { gateway: "edge" }, { kind: "forward" }],
  ["a workload's request", "http://a/x", { from: "a-v1" }, { kind: "forward" }],
  ["a workload's request to nobody", "http://nobody/x", { from: "a-v1.shop" }, { kind: "respond", status: 502 }],
])("%s", (_, url, more, outcome) => {
  expect(explained(url, more).outcome).toMatchObject(outcome);
});

test.each<[what: string, url: string, more: Partial<Question>, problem: string]>([
  ["a port that nobody listens on", "http://www.shop.com:81/", {}, "no gateway listens on port 81"],
  ["a gateway that is not there", "http://www.shop.com/", { gateway: "x" }, "there is no gateway x"],
  ["a workload that is not there", "http://a/", { from: "b" }, "there is no workload b with a sidecar"],
])("%s is a problem", (_, url, more, problem) => {
  expect(ask(url, more)).toMatchObject({ problem });
});

describe("a path is normalised as Envoy does it", () => {
  test.each([
    ["/a/./b/../c", "BASE", "/a/c"],
    ["/../a", "BASE", "/a"],
    ["/a/..", "BASE", "/"],
    ["/%61%2Fb", "BASE", "/a%2Fb"],
    ["/a\\b", "BASE", "/a/b"],
    ["/a//b", "BASE", "/a//b"],
    ["/a//b", "MERGE_SLASHES", "/a/b"],
    ["/a%2F%2fb", "DECODE_AND_MERGE_SLASHES", "/a/b"],
    ["/a/../b", "NONE", "/a/../b"],
  ] as const)("%s, %s: %s", (path, normalization, expected) => {
    expect(normalizePath(path, normalization)).toBe(expected);
  });
});
