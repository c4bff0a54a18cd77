import { expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";

const to = "route: [{ destination: { host: a } }]";

test("a VirtualService with names made full and defaults made explicit", () => {
  const spec = `
hosts: [reviews, reviews.other]
gateways: [mesh, ./gw, other/gw, gw.third.svc.cluster.local]
http:
- match: [{ headers: { End-User: { exact: jason }, x-any: {} }, uri: { prefix: /a } }]
  fault: { delay: { percent: 10, fixed_delay: 7s }, abort: { percentage: { value: 0.29 }, grpcStatus: UNAVAILABLE } }
  route: [{ destination: { host: reviews, subset: v2 }, weight: "90" }, { destination: { host: a.b }, weight: 10 }]
  headers: { request: { set: { X-A: "100%%" }, remove: [X-B] } }
  timeout: 1m
- ${to}`;
  expect(decodeGood("VirtualService", spec)).toMatchObject({
    hosts: ["reviews.shop.svc.cluster.local", "reviews.other"],
    gateways: ["mesh", "shop/gw", "other/gw", "third/gw"],
    http: [
      {
        match: [{ headers: { "end-user": { exact: "jason" }, "x-any": { present: true } }, uri: { prefix: "/a" } }],
        fault: { delay: { perMillion: 100_000, fixedDelayMs: 7000 }, abort: { perMillion: 2900, grpcStatus: 14 } },
        route: [
          { destination: { host: "reviews.shop.svc.cluster.local", subset: "v2" }, weight: 90 },
          { destination: { host: "a.b" }, weight: 10 },
        ],
        headers: { request: { set: { "x-a": "100%" }, remove: ["x-b"] } },
        timeoutMs: 60_000,
      },
      { match: [], route: [{ weight: 100 }] },
    ],
  });
});

test.each<[name: string, route: string, problem: RegExp]>([
  [
    "a bare duration",
    `${to}\n  timeout: 7`,
    /^8:14 IST0106 spec.http\[0\].timeout must be a duration with a unit, not the number 7 .* fix: add the unit: 7s$/,
  ],
  [
    "a scalar percentage",
    `${to}\n  fault: { abort: { httpStatus: 500, percentage: 100 } }`,
    /^8:52 .* fix: write percentage: \{ value: 100 \}$/,
  ],
  [
    "a fault without a share",
    `${to}\n  fault: { abort: { httpStatus: 500 } }`,
    /^8:21 IST0133 warning .*0% of requests/,
  ],
  [
    "route beside redirect",
    `${to}\n  redirect: { uri: /b }`,
    /^7:5 IST0106 spec.http\[0\] has both redirect and route/,
  ],
  ["no action", "name: a", /^7:5 IST0106 spec.http\[0\] does not say where requests go/],
  [
    "weights of 0",
    "route: [{ destination: { host: a } }, { destination: { host: b } }]",
    /^7:5 IST0106 .* add up to 0/,
  ],
  [
    "look-around",
    `${to}\n  match: [{ uri: { regex: "(?!a)" } }]`,
    /^8:29 IST0106 .*not a regular expression that Envoy accepts/,
  ],
  ["retries that are off", `${to}\n  retries: { perTryTimeout: 1s }`, /^8:14 IST0106 .*turns retries off/],
])("a VirtualService reports %s", (_, route, problem) => {
  expect(decodeSpecText("VirtualService", `hosts: [a]\nhttp:\n- ${route}`).problems[0]).toMatch(problem);
});

test("CORS, delegation, TLS and TCP routes, and exportTo", () => {
  const spec = `
hosts: [a, "*.x.com"]
exportTo: [., other]
http:
- corsPolicy: { allowOrigin: ["*"], maxAge: 1m, unmatchedPreflights: IGNORE }
  retries: { attempts: 1, retryRemoteLocalities: true, retryIgnorePreviousHosts: false }
  ${to}
- delegate: { name: team }
- redirect: { derivePort: FROM_REQUEST_PORT }
- directResponse: { status: 200, body: { bytes: AQI= } }
tls:
- match: [{ sniHosts: ["*.x.com"], port: 443, sourceLabels: { app: b }, gateways: [mesh] }]
  route: [{ destination: { host: a, subset: v1 }, weight: 1 }, { destination: { host: b }, weight: 3 }]
tcp:
- match: [{ port: 5432, sourceNamespace: shop }]
  ${to}`;
  expect(decodeGood("VirtualService", spec)).toMatchObject({
    exportTo: ["shop", "other"],
    http: [
      {
        cors: { allowOrigins: [{ exact: "*" }], maxAgeMs: 60_000, forwardUnmatchedPreflights: false },
        retries: { attempts: 1, remoteLocalities: true, ignorePreviousHosts: false },
      },
      { delegate: { namespace: "shop", name: "team" }, route: [] },
      { redirect: { port: "request" } },
      { directResponse: { body: new Uint8Array([1, 2]) } },
    ],
    tls: [
      {
        match: [{ sniHosts: ["*.x.com"], port: 443, sourceLabels: { app: "b" }, gateways: ["mesh"] }],
        route: [
          { destination: { host: "a.shop.svc.cluster.local", subset: "v1" }, weight: 1 },
          { destination: { host: "b.shop.svc.cluster.local" }, weight: 3 },
        ],
      },
    ],
    tcp: [{ match: [{ port: 5432, sourceLabels: {}, sourceNamespace: "shop" }], route: [{ weight: 100 }] }],
  });
});
