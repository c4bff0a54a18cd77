import { expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";

test("a DestinationRule with all that is understood", () => {
  const spec = `
host: reviews
trafficPolicy:
  loadBalancer: { simple: LEAST_CONN }
  tls: { mode: DISABLE }
  connectionPool:
    tcp: { maxConnections: 100, connectTimeout: 30ms, idleTimeout: 9s }
    http: { http1MaxPendingRequests: 1, http2MaxRequests: 0, maxRequestsPerConnection: 10, maxRetries: 3, idle_timeout: 1m }
  outlierDetection: { consecutive_5xx_errors: 7, consecutiveGatewayErrors: 0, interval: 5m, baseEjectionTime: 15m, maxEjectionPercent: 50, minHealthPercent: 30 }
subsets:
- name: v1
  labels: { version: v1 }
- name: v2
  labels: { version: v2 }
  trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: X-User } } }`;
  expect(decodeGood("DestinationRule", spec)).toMatchObject({
    host: "reviews.shop.svc.cluster.local",
    trafficPolicy: {
      loadBalancer: { simple: "LEAST_REQUEST" },
      connectionPool: {
        maxConnections: 100,
        connectTimeoutMs: 30,
        http1MaxPendingRequests: 1,
        maxRequestsPerConnection: 10,
        maxRetries: 3,
        idleTimeoutMs: 60_000,
      },
      outlierDetection: {
        consecutive5xxErrors: 7,
        consecutiveGatewayErrors: 0,
        intervalMs: 300_000,
        baseEjectionTimeMs: 900_000,
        maxEjectionPercent: 50,
        minHealthPercent: 30,
      },
    },
    subsets: [
      { name: "v1", labels: { version: "v1" } },
      {
        name: "v2",
        labels: { version: "v2" },
        trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: "x-user" } } },
      },
    ],
  });
});

test.each<[name: string, spec: string, problems: string[]]>([
  [
    "a subset twice",
    "host: a\nsubsets:\n- name: v1\n- name: v1",
    ['8:11 IST0106 spec.subsets[1].name repeats the subset "v1" | fix: give it another name, or remove it'],
  ],
  [
    "two load balancers",
    "host: a\ntrafficPolicy: { loadBalancer: { simple: RANDOM, consistentHash: { useSourceIp: true } } }",
    ["6:36 IST0106 spec.trafficPolicy.loadBalancer has both simple and consistentHash | fix: keep one of the two"],
  ],
  [
    "two hash keys",
    "host: a\ntrafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true, httpHeaderName: a } } }",
    [
      "6:52 IST0106 spec.trafficPolicy.loadBalancer.consistentHash must have exactly one key to hash | allowed: httpHeaderName, httpQueryParameterName, useSourceIp: true",
    ],
  ],
  [
    "a cookie",
    "host: a\ntrafficPolicy: { loadBalancer: { consistentHash: { httpCookie: { name: a } } } }",
    [
      "6:54 SLU0004 spec.trafficPolicy.loadBalancer.consistentHash.httpCookie is not supported yet by this version of Sluice",
    ],
  ],
  [
    "port-level settings",
    "host: a\ntrafficPolicy: { portLevelSettings: [] }",
    ["6:20 SLU0004 spec.trafficPolicy.portLevelSettings is not supported yet by this version of Sluice"],
  ],
  [
    "mutual TLS",
    "host: a\ntrafficPolicy: { tls: { mode: ISTIO_MUTUAL } }",
    [
      "6:33 SLU0004 spec.trafficPolicy.tls.mode: ISTIO_MUTUAL is not supported yet by this version of Sluice | allowed: DISABLE",
    ],
  ],
  [
    "a deprecated field that does nothing",
    "host: a\ntrafficPolicy: { outlierDetection: { consecutiveErrors: 5 } }",
    [
      "6:40 IST0002 warning spec.trafficPolicy.outlierDetection.consecutiveErrors is deprecated and has no effect | fix: write consecutive5xxErrors",
    ],
  ],
  [
    "a field of the wrong level",
    "host: a\nloadBalancer: { simple: RANDOM }",
    [
      "6:3 IST0106 spec.loadBalancer is not a field of DestinationRule | allowed: exportTo, host, subsets, trafficPolicy",
    ],
  ],
])("a DestinationRule reports %s", (_, spec, problems) => {
  expect(decodeSpecText("DestinationRule", spec).problems).toEqual(problems);
});
