import { describe, expect, test } from "vitest";
import type { Endpoint, Service, TrafficPolicy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { outboundResources } from "./cluster.ts";
import { DestinationRules } from "./destination-rule.ts";
import { resourceJson } from "./json-fixture.ts";
import { indexMesh } from "./mesh-index.ts";
import { destinationRule, mesh, service, sidecar, workload } from "./mesh-fixture.ts";

const http1 = {
  "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  explicit_http_config: { http_protocol_options: {} },
};

const client = { kind: "sidecar" as const, namespace: "default", serviceAccount: "", labels: {} };

function resources(of: Service, rules: Parameters<typeof destinationRule>[1] = {}): readonly Resource[] {
  const index = indexMesh(mesh({ services: [of], proxies: [sidecar(reviews)] }));
  const found = new DestinationRules([destinationRule(of.host, rules)], "istio-system").find(client, of);
  return outboundResources(index, of, found, client);
}

function named(list: readonly Resource[], kind: Resource["kind"], name: string): unknown {
  const resource = list.find((each) => each.kind === kind && each.name === name);
  return resource && resourceJson(resource);
}

const reviews = workload("reviews-v1", { labels: { app: "reviews", version: "v1" } });
const ofSidecar: Endpoint = {
  address: "127.0.0.1",
  ports: { http: 9080 },
  labels: reviews.labels,
  weight: 1,
  workload: reviews,
};
const inline: Endpoint = { address: "127.0.0.2", ports: {}, labels: { version: "v2" }, weight: 3 };

describe("traffic policy", () => {
  const cases: Record<string, [TrafficPolicy, object]> = {
    "Istio's defaults": [
      {},
      {
        connect_timeout: "10s",
        lb_policy: "LEAST_REQUEST",
        circuit_breakers: {
          thresholds: [
            {
              max_connections: 4_294_967_295,
              max_pending_requests: 4_294_967_295,
              max_requests: 4_294_967_295,
              max_retries: 4_294_967_295,
              track_remaining: true,
            },
          ],
        },
        typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http1 },
      },
    ],
    "simple load balancer": [{ loadBalancer: { simple: "RANDOM" } }, { lb_policy: "RANDOM" }],
    "consistent hash": [
      { loadBalancer: { consistentHash: { useSourceIp: true } } },
      { lb_policy: "RING_HASH", ring_hash_lb_config: { minimum_ring_size: "1024" } },
    ],
    "a ring of another size": [
      {
        loadBalancer: {
          consistentHash: { useSourceIp: true },
          algorithm: { kind: "ringHash", minimumRingSize: 64 },
        },
      },
      { lb_policy: "RING_HASH", ring_hash_lb_config: { minimum_ring_size: "64" } },
    ],
    maglev: [
      {
        loadBalancer: { consistentHash: { useSourceIp: true }, algorithm: { kind: "maglev", tableSize: 101 } },
      },
      { lb_policy: "MAGLEV", maglev_lb_config: { table_size: "101" } },
    ],
    "warm-up": [
      { loadBalancer: { simple: "LEAST_REQUEST", warmup: { durationMs: 60_000, minimumPercent: 20, aggression: 2 } } },
      {
        lb_policy: "LEAST_REQUEST",
        least_request_lb_config: {
          slow_start_config: {
            slow_start_window: "60s",
            aggression: { default_value: 2, runtime_key: "slow_start.aggression" },
            min_weight_percent: { value: 20 },
          },
        },
      },
    ],
    "TCP keepalive, and how long connections live": [
      {
        connectionPool: {
          tcpKeepalive: { probes: 3, timeSeconds: 60, intervalSeconds: 5 },
          maxConnectionDurationMs: 3_600_000,
        },
      },
      {
        upstream_connection_options: {
          tcp_keepalive: { keepalive_probes: 3, keepalive_time: 60, keepalive_interval: 5 },
        },
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            common_http_protocol_options: { max_connection_duration: "3600s" },
          },
        },
      },
    ],
    "an upgrade to HTTP/2": [
      {
        connectionPool: {
          httpVersion: "upgrade",
          maxConcurrentStreams: 7,
          http2KeepAlive: { intervalMs: 1000, timeoutMs: 500 },
        },
      },
      {
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            explicit_http_config: {
              http2_protocol_options: {
                max_concurrent_streams: 7,
                connection_keepalive: { interval: "1s", timeout: "0.500s" },
              },
            },
          },
        },
      },
    ],
    "the client's protocol": [
      { connectionPool: { httpVersion: "client" } },
      {
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} },
          },
        },
      },
    ],
    "a retry budget": [
      { retryBudget: { percent: 25, minRetryConcurrency: 3 } },
      {
        circuit_breakers: {
          thresholds: [{ retry_budget: { budget_percent: { value: 25 }, min_retry_concurrency: 3 } }],
        },
      },
    ],
    "TLS by the machine's authorities, for the request's host": [
      { tls: { mode: "SIMPLE", subjectAltNames: [], insecureSkipVerify: false } },
      {
        transport_socket: {
          name: "envoy.transport_sockets.tls",
          typed_config: {
            common_tls_context: {
              validation_context: { trusted_ca: { filename: "/etc/ssl/certs/ca-certificates.crt" } },
            },
          },
        },
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true },
          },
        },
      },
    ],
    "mutual TLS by files": [
      {
        tls: {
          mode: "MUTUAL",
          client: { certificate: "/c.pem", privateKey: "/k.pem" },
          caCertificates: "/ca.pem",
          caCrl: "/crl.pem",
          sni: "a.com",
          subjectAltNames: ["b.com", "spiffe://c/ns/d"],
          insecureSkipVerify: false,
        },
      },
      {
        transport_socket: {
          typed_config: {
            sni: "a.com",
            common_tls_context: {
              tls_certificates: [{ certificate_chain: { filename: "/c.pem" }, private_key: { filename: "/k.pem" } }],
              validation_context: {
                trusted_ca: { filename: "/ca.pem" },
                crl: { filename: "/crl.pem" },
                match_typed_subject_alt_names: [
                  { san_type: "DNS", matcher: { exact: "b.com" } },
                  { san_type: "URI", matcher: { exact: "spiffe://c/ns/d" } },
                ],
              },
            },
          },
        },
      },
    ],
    "the PROXY protocol": [
      { proxyProtocol: "V2" },
      {
        transport_socket: {
          name: "envoy.transport_sockets.upstream_proxy_protocol",
          typed_config: {
            config: { version: "V2" },
            transport_socket: { name: "envoy.transport_sockets.raw_buffer" },
          },
        },
      },
    ],
    "a port's own settings, and nothing of the rule's": [
      {
        loadBalancer: { simple: "RANDOM" },
        connectionPool: { connectTimeoutMs: 1000 },
        ports: [{ number: 80, connectionPool: { maxConnections: 5 } }],
      },
      {
        lb_policy: "LEAST_REQUEST",
        connect_timeout: "10s",
        circuit_breakers: { thresholds: [{ max_connections: 5 }] },
      },
    ],
    "connection pool": [
      {
        connectionPool: {
          maxConnections: 1,
          connectTimeoutMs: 30,
          http1MaxPendingRequests: 2,
          http2MaxRequests: 3,
          maxRetries: 4,
          maxRequestsPerConnection: 5,
          idleTimeoutMs: 6000,
        },
      },
      {
        connect_timeout: "0.030s",
        circuit_breakers: {
          thresholds: [
            { max_connections: 1, max_pending_requests: 2, max_requests: 3, max_retries: 4, track_remaining: true },
          ],
        },
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            ...http1,
            common_http_protocol_options: { max_requests_per_connection: 5, idle_timeout: "6s" },
          },
        },
      },
    ],
    "outlier detection": [
      {
        outlierDetection: {
          consecutive5xxErrors: 7,
          consecutiveGatewayErrors: 0,
          intervalMs: 1000,
          baseEjectionTimeMs: 2000,
          maxEjectionPercent: 50,
          splitExternalLocalOriginErrors: true,
          consecutiveLocalOriginFailures: 4,
        },
      },
      {
        outlier_detection: {
          split_external_local_origin_errors: true,
          consecutive_local_origin_failure: 4,
          enforcing_consecutive_local_origin_failure: 100,
          enforcing_local_origin_success_rate: 0,
          consecutive_5xx: 7,
          enforcing_consecutive_5xx: 100,
          consecutive_gateway_failure: 0,
          enforcing_consecutive_gateway_failure: 0,
          interval: "1s",
          base_ejection_time: "2s",
          max_ejection_percent: 50,
          enforcing_success_rate: 0,
        },
        common_lb_config: { healthy_panic_threshold: {} },
      },
    ],
  };

  test.each(Object.entries(cases))("%s", (_, [trafficPolicy, expected]) => {
    expect(named(resources(service("a.com"), { trafficPolicy }), "cluster", "outbound|80||a.com")).toMatchObject(
      expected,
    );
  });

  test("a subset replaces blocks and keeps the others", () => {
    const list = resources(service("a.com"), {
      trafficPolicy: { loadBalancer: { simple: "RANDOM" }, connectionPool: { connectTimeoutMs: 1000 } },
      subsets: [{ name: "v1", labels: {}, trafficPolicy: { loadBalancer: { simple: "ROUND_ROBIN" } } }],
    });
    // ROUND_ROBIN is the value that proto3 JSON leaves out.
    expect(named(list, "cluster", "outbound|80|v1|a.com")).not.toHaveProperty("lb_policy");
    expect(named(list, "cluster", "outbound|80|v1|a.com")).toMatchObject({ connect_timeout: "1s" });
  });
});

describe("discovery", () => {
  test("a static service has its endpoints by EDS, reached through their sidecars", () => {
    const of = service("a.com", { endpoints: [inline, ofSidecar] });
    const list = resources(of, { subsets: [{ name: "v1", labels: { version: "v1" } }] });
    expect(named(list, "cluster", "outbound|80||a.com")).toMatchObject({
      type: "EDS",
      eds_cluster_config: { eds_config: { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" } },
    });
    const first = {
      endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 20_001 } } },
      metadata: {
        filter_metadata: {
          istio: { workload: "reviews-v1;default;reviews;v1;Kubernetes" },
          sluice: { destination: "a.com;reviews-v1;default;reviews;v1;reviews;v1;Kubernetes" },
        },
      },
      load_balancing_weight: 1,
    };
    const second = {
      endpoint: { address: { socket_address: { address: "127.0.0.2", port_value: 80 } } },
      load_balancing_weight: 3,
    };
    expect(named(list, "endpoint", "outbound|80||a.com")).toMatchObject({
      endpoints: [{ lb_endpoints: [first, second] }],
    });
    expect(named(list, "endpoint", "outbound|80|v1|a.com")).toEqual({
      cluster_name: "outbound|80|v1|a.com",
      endpoints: [{ lb_endpoints: [first] }],
    });
  });

  test.each<[string, Partial<Service>, object | undefined]>([
    ["DNS resolves the host", { resolution: "DNS" }, { type: "STRICT_DNS" }],
    ["NONE resolves the host too", { resolution: "NONE" }, { type: "STRICT_DNS" }],
    ["DNS_ROUND_ROBIN keeps to one address at a time", { resolution: "DNS_ROUND_ROBIN" }, { type: "LOGICAL_DNS" }],
  ])("%s", (_, fields, expected) => {
    const list = resources(service("a.com", fields));
    expect(list.map(({ kind }) => kind)).toEqual(["cluster"]);
    expect(named(list, "cluster", "outbound|80||a.com")).toMatchObject({
      ...expected,
      load_assignment: {
        endpoints: [
          { lb_endpoints: [{ endpoint: { address: { socket_address: { address: "a.com", port_value: 80 } } } }] },
        ],
      },
    });
  });

  test("the hosts of a domain are resolved as requests name them", () => {
    const list = resources(service("*.a.com", { resolution: "NONE" }), {
      trafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true } } },
    });
    expect(named(list, "cluster", "outbound|80||*.a.com")).toMatchObject({
      cluster_type: { name: "envoy.clusters.dynamic_forward_proxy" },
      lb_policy: "CLUSTER_PROVIDED",
    });
    expect(named(list, "cluster", "outbound|80||*.a.com")).not.toHaveProperty("ring_hash_lb_config");
  });

  test("a wildcard of DNS has nothing to resolve", () => {
    expect(resources(service("*.a.com", { resolution: "DNS" }))).toEqual([]);
  });

  test("gRPC speaks HTTP/2, TCP nothing that Envoy knows", () => {
    const ports = [
      { number: 90, name: "grpc", protocol: "GRPC" as const },
      { number: 91, name: "tcp", protocol: "TCP" as const },
    ];
    const list = resources(service("a.com", { ports }));
    expect(named(list, "cluster", "outbound|91||a.com")).not.toHaveProperty("typed_extension_protocol_options");
    expect(JSON.stringify(named(list, "cluster", "outbound|90||a.com"))).toContain("http2_protocol_options");
  });
});
