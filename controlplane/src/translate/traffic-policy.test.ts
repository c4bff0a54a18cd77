import { expect, test } from "vitest";
import type { Secret, TrafficPolicy } from "../model/types.ts";
import { outboundResources } from "./cluster.ts";
import { resourceJson } from "./json-fixture.ts";
import { destinationRule, mesh, ref, service, workload } from "./mesh-fixture.ts";
import { indexMesh } from "./mesh-index.ts";

const client = { kind: "sidecar" as const, namespace: "default", serviceAccount: "bee", labels: {} };

function cluster(trafficPolicy: TrafficPolicy, secrets: readonly Secret[] = []): unknown {
  const peer = workload("peer", { namespace: "far", serviceAccount: "ant" });
  const endpoints = [{ address: "10.0.0.1", ports: {}, labels: {}, weight: 1, workload: peer }];
  const rules = [destinationRule("a.com", { trafficPolicy })];
  const index = indexMesh(mesh({ services: [service("a.com", { endpoints })], destinationRules: rules, secrets }));
  const [of] = index.services;
  const [made] = of === undefined ? [] : outboundResources(index, of, index.rules.find(client, of), client);
  return made && resourceJson(made);
}

const own = { mode: "ISTIO_MUTUAL", subjectAltNames: [], insecureSkipVerify: false } as const;

const cases: Readonly<Record<string, [TrafficPolicy, object]>> = {
  "a retry budget of a time": [
    { retryBudget: { percent: 20, minRetryConcurrency: 3, budgetIntervalMs: 1500 } },
    { circuit_breakers: { thresholds: [{ retry_budget: { budget_interval: "1.500s" } }] } },
  ],
  "statuses that count as failures": [
    { outlierDetection: { httpErrorCodes: [404, 500] } },
    {
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          outlier_detection: {
            error_matcher: {
              http_response_headers_match: {
                headers: [{ name: ":status", string_match: { safe_regex: { regex: "404|500" } } }],
              },
            },
          },
        },
      },
    },
  ],
  "zones by Envoy itself": [
    {
      loadBalancer: {
        simple: "RANDOM",
        zoneAware: { enabled: true, failover: [], failoverPriority: [], minClusterSize: 2 },
      },
    },
    { common_lb_config: { zone_aware_lb_config: { min_cluster_size: "2" } } },
  ],
  "no balancer at all": [
    { loadBalancer: { simple: "PASSTHROUGH" } },
    {
      type: "STRICT_DNS",
      load_assignment: {
        endpoints: [
          { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "a.com", port_value: 80 } } } }] },
        ],
      },
    },
  ],
  "the workload's own certificate, where it is not there": [
    { tls: own },
    {
      type: "STATIC",
      load_assignment: { cluster_name: "outbound|80||a.com" },
      transport_socket: {
        typed_config: {
          sni: "outbound_.80_._.a.com",
          common_tls_context: {
            alpn_protocols: ["istio", "http/1.1"],
            tls_certificate_sds_secret_configs: [{ name: "default" }],
            combined_validation_context: { validation_context_sds_secret_config: { name: "ROOTCA" } },
          },
        },
      },
    },
  ],
};

test.each(Object.entries(cases))("a cluster with %s", (_, [trafficPolicy, expected]) => {
  expect(cluster(trafficPolicy)).toMatchObject(expected);
});

test("the workload's own certificate, and the identities that its peers must have", () => {
  const secret: Secret = {
    ref: ref("Secret", "istio.bee"),
    labels: {},
    certificate: "C",
    privateKey: "K",
    authorities: "A",
  };
  const made = cluster({ tls: own }, [secret]);
  expect(made).toMatchObject({ type: "EDS" });
  expect(JSON.stringify(made)).toContain("spiffe://cluster.local/ns/far/sa/ant");
});
