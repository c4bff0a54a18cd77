import { expect, test } from "vitest";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { ConnectionPool, InboundPort, Mesh, TrafficPolicy } from "../model/types.ts";
import { inboundResource } from "./inbound-cluster.ts";
import { resourceJson } from "./json-fixture.ts";
import { destinationRule, mesh, service, sidecar, workload } from "./mesh-fixture.ts";
import { indexMesh } from "./mesh-index.ts";

const host = "a.shop.svc.cluster.local";
const known = service(host);
const http = { number: 80, name: "http", protocol: "HTTP" as const };

function cluster(
  policy: TrafficPolicy,
  more: Partial<InboundPort> = {},
  config: Partial<Mesh["config"]> = {},
): unknown {
  const rules = [destinationRule(host, { trafficPolicy: policy })];
  const whole = mesh({ services: [known], destinationRules: rules, config: { ...EMPTY_MESH.config, ...config } });
  const port = { name: "http", appPort: 9080, listenPort: 20_001, service: { host, port: http }, ...more };
  return resourceJson(inboundResource(sidecar(workload("a")), port, indexMesh(whole)));
}

test("leads to the program", () => {
  expect(cluster({})).toMatchObject({
    name: `inbound|9080||${host}`,
    load_assignment: {
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 9080 } } } }] },
      ],
    },
  });
});

const limits = (pool: ConnectionPool): TrafficPolicy => ({ connectionPool: pool });
const thresholds = (fields: object): object => ({ circuit_breakers: { thresholds: [fields] } });

test.each<[name: string, args: Parameters<typeof cluster>, expected: object]>([
  ["the service's rule", [limits({ maxConnections: 3 })], thresholds({ max_connections: 3 })],
  [
    "the rule of its port",
    [{ ...limits({ maxConnections: 3 }), ports: [{ number: 80, connectionPool: { maxConnections: 4 } }] }],
    thresholds({ max_connections: 4 }),
  ],
  [
    "a Sidecar's, and then not the rule's",
    [limits({ maxConnections: 3, maxRetries: 1 }), { connectionPool: { maxConnections: 5 } }],
    thresholds({ max_connections: 5, max_retries: 4_294_967_295 }),
  ],
  [
    "the mesh's, where the rule says nothing of it",
    [limits({ maxRetries: 1 }), {}, { trafficDefaults: { connectionPool: { maxConnections: 6 } } }],
    thresholds({ max_connections: 6, max_retries: 1 }),
  ],
  [
    "the rule's retry budget",
    [{ retryBudget: { percent: 10, minRetryConcurrency: 2 } }],
    thresholds({ retry_budget: { budget_percent: { value: 10 }, min_retry_concurrency: 2 } }),
  ],
])("limits of %s", (_, args, expected) => {
  expect(cluster(...args)).toMatchObject(expected);
});

test.each<[name: string, pool: ConnectionPool["httpVersion"], has: string, hasNot: string]>([
  ["an upgrade to HTTP/2 is for clients", "upgrade", "explicit_http_config", "http2_protocol_options"],
  ["the client's protocol is for programs, too", "client", "use_downstream_protocol_config", "explicit_http_config"],
])("%s", (_, httpVersion, has, hasNot) => {
  const text = JSON.stringify(cluster(limits(httpVersion ? { httpVersion } : {})));
  expect(text).toContain(has);
  expect(text).not.toContain(hasNot);
});

test("a rule's balancer, outliers and TLS are for clients", () => {
  const found = cluster({
    loadBalancer: { simple: "RANDOM" },
    outlierDetection: { consecutive5xxErrors: 1 },
    tls: { mode: "SIMPLE", subjectAltNames: [], insecureSkipVerify: false },
  });
  expect(found).toEqual(cluster({}));
});
