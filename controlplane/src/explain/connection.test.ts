import { expect, test } from "vitest";
import { admit } from "../model/admit.ts";
import { NO_LAST_GOOD } from "../model/last-good.ts";
import { explainAuthorization } from "../policy/index.ts";
import { explainConnection, explainRequest } from "./index.ts";
import type { ConnectionExplanation, ConnectionQuestion } from "./types.ts";

/** A database in two versions and a TLS service, for workloads and behind a gateway. */
const YAML = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: db, namespace: shop }
spec:
  hosts: [db.shop.svc.cluster.local]
  addresses: [10.0.0.1]
  resolution: STATIC
  ports: [{ number: 3306, name: tcp-db, protocol: TCP }, { number: 80, name: http }]
  workloadSelector: { labels: { app: db } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: db-v1, namespace: shop }
spec: { address: 127.0.0.1, ports: { tcp-db: 3306, http: 8080 }, labels: { app: db, version: v1 } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: db-v2, namespace: shop }
spec: { address: 127.0.0.2, ports: { tcp-db: 3306, http: 8080 }, labels: { app: db, version: v2 } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: db, namespace: shop }
spec:
  host: db
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 7, idleTimeout: 30s } }, tls: { mode: SIMPLE, sni: db.test, caCertificates: /ca.pem } }
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: db, namespace: shop }
spec:
  hosts: [db]
  tcp:
  - match: [{ port: 9999 }]
    route: [{ destination: { host: db, subset: v1 } }]
  - match: [{ sourceLabels: { app: other } }]
    route: [{ destination: { host: db, subset: v1 } }]
  - route: [{ destination: { host: db, subset: v1 }, weight: 1 }, { destination: { host: db, subset: v2 }, weight: 3 }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop }
spec:
  hosts: [api.example.com, "*.example.com"]
  addresses: [10.0.0.2]
  resolution: STATIC
  ports: [{ number: 443, name: tls, protocol: TLS }]
  endpoints: [{ address: 127.0.0.9 }]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec:
  selector: { istio: ingressgateway }
  servers:
  - { port: { number: 8443, name: tls, protocol: TLS }, hosts: ["*.example.com"], tls: { mode: PASSTHROUGH } }
  - { port: { number: 3306, name: tcp, protocol: TCP }, hosts: ["*"] }
  - { port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api, namespace: shop }
spec:
  hosts: ["*.example.com"]
  gateways: [edge]
  tls:
  - match: [{ port: 8443, sniHosts: [api.example.com] }]
    route: [{ destination: { host: api.example.com, port: { number: 443 } } }]
  - match: [{ port: 8443, sniHosts: ["*.example.com"] }]
    route: [{ destination: { host: api.example.com, port: { number: 443 } } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: edge-db, namespace: shop }
spec: { hosts: ["*"], gateways: [edge], tcp: [{ match: [{ port: 3306 }], route: [{ destination: { host: db, port: { number: 3306 } } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-v2, namespace: shop }
spec: { action: DENY, selector: { matchLabels: { version: v2 } }, rules: [{ to: [{ operation: { methods: [GET] } }] }] }
`;
const admission = admit([{ path: "mesh.yaml", text: YAML }], NO_LAST_GOOD);

function ask(question: Partial<ConnectionQuestion>): ReturnType<typeof explainConnection> {
  const whole = { host: "db", port: 3306, ...question };
  return explainConnection(admission.mesh, whole, { authorize: explainAuthorization });
}

function explained(question: Partial<ConnectionQuestion>): ConnectionExplanation {
  const explanation = ask(question);
  if ("problem" in explanation) throw new Error(explanation.problem);
  return explanation;
}

test("the mesh of the tests is good", () => {
  expect(admission.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
});

test("from a workload: the rules that are tried, the shares, and how the destinations are reached", () => {
  const { attempts, outcome, effects, listener, chains } = explained({ from: "db-v1" });
  expect(attempts.map(({ route, mismatch }) => [route, mismatch])).toEqual([
    ["tcp[0]", "it is for port 9999"],
    ["tcp[1]", "it is for workloads with app: other"],
    ["tcp[2]", undefined],
  ]);
  expect(attempts[2]?.madeFrom).toMatchObject({ object: "VirtualService shop/db" });
  expect(listener.address).toBe("127.0.0.1");
  expect(chains).toEqual([{ chain: "any connection" }]);
  const common = {
    host: "db.shop.svc.cluster.local",
    manners: ["TLS as db.test", "least requests", "at most 7 connections"],
    rules: [{ object: "DestinationRule shop/db" }],
  };
  expect(outcome).toMatchObject({
    kind: "forward",
    destinations: [
      { ...common, subset: "v1", percent: 25, workloads: ["db-v1.shop"] },
      { ...common, subset: "v2", percent: 75, workloads: ["db-v2.shop"] },
    ],
  });
  expect(effects).toEqual([{ kind: "idle timeout", text: "30 s" }]);
});

test("a policy that asks for a method denies a connection that it can say nothing of", () => {
  const { authorization } = explained({ from: "db-v1" });
  expect(authorization.map(({ workload, decision }) => [workload, decision?.allowed])).toEqual([
    ["db-v1.shop", undefined],
    ["db-v2.shop", false],
  ]);
});

test.each<[what: string, sni: string | undefined, chosen: string | undefined, rule: string | undefined, kind: string]>([
  ["the exact name", "api.example.com", "api.example.com", "tls[0]", "forward"],
  ["a name of the wildcard", "x.example.com", "*.example.com", "tls[1]", "forward"],
  ["another name", "example.org", undefined, undefined, "close"],
  ["TLS without a name", "", undefined, undefined, "close"],
  ["no TLS", undefined, undefined, undefined, "close"],
])("at the gateway by %s", (_, sni, chosen, rule, kind) => {
  const { chains, attempts, outcome } = explained({ host: "x", port: 8443, ...(sni === undefined ? {} : { sni }) });
  expect(chains.filter(({ mismatch }) => mismatch === undefined).map(({ chain }) => chain)).toEqual(
    chosen === undefined ? [] : [chosen],
  );
  expect(attempts.find(({ mismatch }) => mismatch === undefined)?.route).toBe(rule);
  expect(outcome.kind).toBe(kind);
});

test("at the gateway by its port", () => {
  expect(explained({ host: "any" })).toMatchObject({
    attempts: [{ route: "tls[0]" }, { route: "tls[1]" }, { route: "tcp[0]" }],
    outcome: { destinations: [{ host: "db.shop.svc.cluster.local", port: 3306, percent: 100 }] },
    authorization: [{ role: "gateway" }, { workload: "db-v1.shop" }, { workload: "db-v2.shop" }],
  });
  expect(explained({ host: "any", port: 8080 }).outcome).toMatchObject({ kind: "http" });
});

test("a service without rules of its own", () => {
  const { attempts, outcome } = explained({
    from: "db-v1",
    host: "api.example.com",
    port: 443,
    sni: "api.example.com",
  });
  expect(attempts).toEqual([]);
  expect(outcome).toMatchObject({ destinations: [{ endpoints: ["127.0.0.9:443"], workloads: [], rules: [] }] });
});

test.each<[what: string, question: Partial<ConnectionQuestion>, problem: RegExp]>([
  ["a port of HTTP", { from: "db-v1", port: 80 }, /speaks HTTP.*explain request/],
  ["a service that is not there", { from: "db-v1", host: "nobody" }, /^there is no port nobody:3306/],
  ["a port that nobody opens", { port: 1 }, /^no gateway listens on port 1$/],
  ["a workload that is not there", { from: "x" }, /^there is no workload x/],
])("%s is a problem", (_, question, problem) => {
  const answer = ask(question);
  expect("problem" in answer ? answer.problem : "").toMatch(problem);
});

test.each([
  ["https://www.shop.com:8080/", "port 8080 of istio-ingressgateway.istio-system does not speak TLS; ask with http://"],
  ["http://www.shop.com:8443/", "port 8443 of istio-ingressgateway.istio-system speaks TLS; ask with https://"],
  [
    "https://api.example.com:8443/",
    "port 8443 of istio-ingressgateway.istio-system hands connections on without looking at requests; ask with `explain connection`",
  ],
])("a request where none is looked at: %s", (url, problem) => {
  expect(explainRequest(admission.mesh, { method: "GET", url: new URL(url), headers: [] })).toMatchObject({ problem });
});
