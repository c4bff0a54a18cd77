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

test("everything that a DestinationRule may say of balancing, connections and TLS", () => {
  const spec = `
host: reviews
workloadSelector: { matchLabels: { app: productpage } }
exportTo: ["."]
trafficPolicy:
  loadBalancer:
    consistentHash: { httpCookie: { name: user, path: /, ttl: 0s, attributes: [{ name: SameSite, value: Lax }] }, ringHash: { minimumRingSize: 512 } }
    localityLbSetting: { failoverPriority: [topology.kubernetes.io/region, version=v1] }
  connectionPool:
    tcp: { tcpKeepalive: { probes: 3, time: 7200s, interval: 75s }, maxConnectionDuration: 1h }
    http: { h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 10, http2KeepAlive: { interval: 10s, timeout: 2s } }
  outlierDetection: { splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3 }
  tls: { mode: MUTUAL, clientCertificate: /c.pem, privateKey: /k.pem, caCertificates: /ca.pem, sni: a.com, subjectAltNames: [b.com] }
  portLevelSettings: [{ port: { number: 80 }, loadBalancer: { simple: ROUND_ROBIN, warmup: { duration: 60s, aggression: 2 } } }]
  proxyProtocol: { version: V2 }
  retryBudget: { percent: 25.5 }`;
  expect(decodeGood("DestinationRule", spec)).toMatchObject({
    workloadSelector: { app: "productpage" },
    exportTo: ["shop"],
    trafficPolicy: {
      loadBalancer: {
        consistentHash: {
          httpCookie: { name: "user", path: "/", ttlMs: 0, attributes: [{ name: "SameSite", value: "Lax" }] },
        },
        algorithm: { kind: "ringHash", minimumRingSize: 512 },
        locality: { enabled: true, failoverPriority: ["topology.kubernetes.io/region", "version=v1"] },
      },
      connectionPool: {
        tcpKeepalive: { probes: 3, timeSeconds: 7200, intervalSeconds: 75 },
        maxConnectionDurationMs: 3_600_000,
        httpVersion: "upgrade",
        maxConcurrentStreams: 10,
        http2KeepAlive: { intervalMs: 10_000, timeoutMs: 2000 },
      },
      outlierDetection: { splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3 },
      tls: {
        mode: "MUTUAL",
        client: { certificate: "/c.pem", privateKey: "/k.pem" },
        caCertificates: "/ca.pem",
        sni: "a.com",
        subjectAltNames: ["b.com"],
      },
      ports: [
        {
          number: 80,
          loadBalancer: {
            simple: "ROUND_ROBIN",
            warmup: { durationMs: 60_000, minimumPercent: 10, aggression: 2 },
          },
        },
      ],
      proxyProtocol: "V2",
      retryBudget: { percent: 25.5, minRetryConcurrency: 3 },
    },
  });
});

test("protobuf's zeros mean that nothing is said", () => {
  const spec = `
host: reviews
trafficPolicy:
  outlierDetection: { splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 0, maxEjectionPercent: 0, outlierDetectionHttpErrorCodes: [] }
  retryBudget: { minRetryConcurrency: 0, budgetInterval: 10s }`;
  expect(decodeGood("DestinationRule", spec)).toMatchObject({
    trafficPolicy: {
      outlierDetection: { splitExternalLocalOriginErrors: true },
      retryBudget: { percent: 20, minRetryConcurrency: 3, budgetIntervalMs: 10_000 },
    },
  });
  expect(JSON.stringify(decodeGood("DestinationRule", spec))).not.toMatch(/LocalOriginFailures|maxEjection|Codes/);
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
      "6:52 IST0106 spec.trafficPolicy.loadBalancer.consistentHash must have exactly one key to hash | allowed: httpHeaderName, httpCookie, httpQueryParameterName, useSourceIp: true",
    ],
  ],
  [
    "a table that is not prime",
    "host: a\ntrafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true, maglev: { tableSize: 65536 } } } }",
    [
      "6:94 IST0106 spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize is 65536, which is not a prime number | fix: write 65537",
    ],
  ],
  [
    "warm-up where nothing is chosen",
    "host: a\ntrafficPolicy: { loadBalancer: { simple: PASSTHROUGH, warmup: { duration: 1s } } }",
    [
      "6:57 IST0133 warning spec.trafficPolicy.loadBalancer.warmup has no effect with this load balancer | allowed: simple: LEAST_REQUEST, simple: ROUND_ROBIN",
    ],
  ],
  [
    "zones that Envoys cannot weigh",
    "host: a\ntrafficPolicy: { loadBalancer: { zoneAwareLbSetting: { enabled: true } } }",
    [
      "6:36 SLU0003 warning spec.trafficPolicy.loadBalancer.zoneAwareLbSetting keeps clients to their region, in which all zones are alike to them: Envoys do not know the cluster that they are of themselves | fix: write localityLbSetting to prefer the own zone",
    ],
  ],
  [
    "both ways to keep near",
    "host: a\ntrafficPolicy: { loadBalancer: { localityLbSetting: {}, zoneAwareLbSetting: { enabled: true } } }",
    [
      "6:59 IST0106 spec.trafficPolicy.loadBalancer.zoneAwareLbSetting cannot stand beside localityLbSetting | fix: keep one of the two",
    ],
  ],
  [
    "a status that is none",
    "host: a\ntrafficPolicy: { outlierDetection: { outlierDetectionHttpErrorCodes: [99] } }",
    [
      "6:73 IST0106 spec.trafficPolicy.outlierDetection.outlierDetectionHttpErrorCodes[0] is 99, which is out of range | allowed: a whole number from 100 to 599",
    ],
  ],
  [
    "names that nobody looks at",
    "host: a\ntrafficPolicy: { tls: { mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a.b] } }",
    [
      "6:41 IST0106 spec.trafficPolicy.tls.insecureSkipVerify leaves subjectAltNames without use | fix: keep one of the two",
    ],
  ],
  [
    "a share that is not whole",
    'host: a\ntrafficPolicy: { loadBalancer: { localityLbSetting: { distribute: [{ from: a/*, to: { "a/*": 90 } }] } } }',
    ["6:83 IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to adds up to 90, and must to 100"],
  ],
  [
    "distribution beside failover",
    'host: a\ntrafficPolicy: { loadBalancer: { localityLbSetting: { distribute: [{ from: a/*, to: { "a/*": 100 } }], failover: [{ from: a, to: b }] } } }',
    [
      "6:106 IST0106 spec.trafficPolicy.loadBalancer.localityLbSetting.failover cannot stand beside distribute | fix: keep one of the two",
    ],
  ],
  [
    "one port twice",
    "host: a\ntrafficPolicy: { portLevelSettings: [{ port: { number: 80 } }, { port: { number: 80 } }] }",
    ["6:20 IST0106 spec.trafficPolicy.portLevelSettings has the port 80 twice | fix: merge the two"],
  ],
  [
    "both ways to speak HTTP/2",
    "host: a\ntrafficPolicy: { connectionPool: { http: { useClientProtocol: true, h2UpgradePolicy: UPGRADE } } }",
    [
      "6:46 IST0106 spec.trafficPolicy.connectionPool.http has both useClientProtocol: true and h2UpgradePolicy: UPGRADE | fix: keep one of the two",
    ],
  ],
  [
    "local failures that are not counted",
    "host: a\ntrafficPolicy: { outlierDetection: { consecutiveLocalOriginFailures: 5 } }",
    [
      "6:40 IST0106 spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures has no effect, as local failures are not counted apart | fix: add splitExternalLocalOriginErrors: true",
    ],
  ],
  [
    "a file beside Istio's own certificates",
    "host: a\ntrafficPolicy: { tls: { mode: ISTIO_MUTUAL, caCertificates: /ca.pem } }",
    [
      "6:47 IST0106 spec.trafficPolicy.tls.caCertificates cannot stand beside mode ISTIO_MUTUAL, which uses the certificate that the workload itself has | fix: write mode: MUTUAL, or remove it",
    ],
  ],
  [
    "mutual TLS without a key",
    "host: a\ntrafficPolicy: { tls: { mode: MUTUAL, clientCertificate: /c.pem } }",
    ["6:25 IST0106 spec.trafficPolicy.tls.privateKey is required when mode is MUTUAL | fix: add privateKey: FILE"],
  ],
  [
    "a file beside a secret",
    "host: a\ntrafficPolicy: { tls: { mode: SIMPLE, credentialName: c, caCertificates: /ca.pem } }",
    [
      "6:60 IST0106 spec.trafficPolicy.tls.caCertificates cannot stand beside credentialName | fix: keep one of the two",
    ],
  ],
  [
    "a Secret that sidecars do not get",
    "host: a\ntrafficPolicy: { tls: { mode: SIMPLE, credentialName: c } }",
    [
      "5:3 IST0133 warning spec names a Secret in tls.credentialName without a workloadSelector: gateways use it, and sidecars connect without TLS | fix: add workloadSelector: { matchLabels: { app: NAME } }",
    ],
  ],
  [
    "a rule for some workloads of other namespaces",
    "host: a\nworkloadSelector: { matchLabels: { app: x } }\nexportTo: [b]",
    [
      '7:3 IST0106 spec.exportTo names other namespaces, which cannot see a rule with a workloadSelector | allowed: "."',
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
      "6:3 IST0106 spec.loadBalancer is not a field of DestinationRule | allowed: exportTo, host, subsets, trafficPolicy, workloadSelector",
    ],
  ],
])("a DestinationRule reports %s", (_, spec, problems) => {
  expect(decodeSpecText("DestinationRule", spec).problems).toEqual(problems);
});
