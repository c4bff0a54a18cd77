import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { Http2Server } from "node:http2";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findEnvoy, startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import type { Expression } from "../../controlplane/src/model/telemetry-expression.ts";
import { parseExpression } from "../../controlplane/src/model/telemetry-expression.ts";
import { bundlePrograms, compileTelemetry, metricTags } from "../../controlplane/src/policy/index.ts";
import type { TelemetrySide } from "../../controlplane/src/policy/index.ts";
import { eventually } from "../kit/eventually.ts";
import { certificateAuthority } from "../kit/openssl-authority.ts";
import { callGrpc, grpcServer } from "./grpc-messages.ts";
import { telemetry } from "./models.ts";
import { buildModules } from "./real-envoy.ts";

// What only a real Envoy can tell: which facts it has at a stream's end, and what Prometheus sees of the metrics.

const PORTS = {
  client: 20_961,
  server: 20_962,
  tcpClient: 20_963,
  tcpServer: 20_964,
  few: 20_965,
  plain: 20_966,
} as const;
const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
const CLIENT = "spiffe://cluster.local/ns/shop/sa/cart";
const SERVER = "spiffe://cluster.local/ns/bank/sa/orders";
const SELF = "self-v1;bank;self;v2;self;v2;Kubernetes";
const ORDERS = "orders.shop.svc.cluster.local;orders-v1;shop;orders;v1;orders;v1;Kubernetes";
const DATABASE = "db.shop.svc.cluster.local;db-v1;shop;db;v1;db;v1;Kubernetes";

/** Tags of the program that the client listener runs: one a kind of fact. */
const TAGS: Readonly<Record<string, string>> = {
  t_host: "request.host",
  t_method: "request.method.startsWith('P') ? 'writes' : 'reads'",
  t_tenant: "request.headers['x-tenant']",
  t_known: "'x-tenant' in request.headers",
  t_answer: "response.headers['x-app']",
  t_class: "response.code >= 500 ? 'bad' : response.code >= 400 ? 'poor' : 'good'",
  t_node: "node.metadata['TEAM'] + '/' + request.method",
  t_route: "xds.route_name",
  t_details: "response.code_details",
  t_mixed: "response.code == 200 && request.method == 'GET' ? upstream_peer.workload : 'other'",
  t_port: "string(destination.port)",
  t_grpc: "response.grpc_status",
  t_size: "request.size > 3 ? 'large' : 'small'",
};

let folder: string;
let envoy: RunningEnvoy | undefined;
let echo: Server;
let grpc: Http2Server;
const app = createHttpServer((request, answer) => {
  request.resume();
  request.on("end", () => answer.writeHead(request.url === "/bad" ? 503 : 200, { "x-app": "a1" }).end("hello"));
});

beforeAll(async () => {
  const found = await findEnvoy({ log: () => {} });
  if (found.kind !== "binary") {
    if (process.env["CI"] === "true") throw new Error("no Envoy to test with");
    return;
  }
  await buildModules();
  folder = mkdtempSync(join(tmpdir(), "sluice-telemetry-"));
  const issue = certificateAuthority(folder);
  issue("client", `URI:${CLIENT}`);
  issue("server", `URI:${SERVER}`);
  echo = createServer((socket) => socket.pipe(socket).on("error", () => {}));
  grpc = grpcServer();
  for (const server of [echo, grpc, app]) {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
  }
  envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(),
    logFile: join(folder, "envoy.log"),
    ready: { listeners: Object.keys(PORTS) },
  });
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  echo?.close();
  grpc?.close();
  app.closeAllConnections();
  app.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What Prometheus would read, of our metrics. */
async function samples(): Promise<readonly Sample[]> {
  const text = (await envoy?.admin.get("/stats/prometheus?filter=wasmcustom")) ?? "";
  return text.split("\n").flatMap((line) => {
    const match = /^(\w+)\{(.*)\} ([\d.]+)$/.exec(line);
    if (match === null) return [];
    const labels = Object.fromEntries(
      [...(match[2] ?? "").matchAll(/(\w+)="([^"]*)"/g)].map((one) => [one[1], one[2]]),
    );
    return [{ name: match[1] ?? "", labels: labels as Labels, value: Number(match[3]) }]; // Both groups are there.
  });
}

/** The samples of a metric with these labels, once there are some. */
async function find(name: string, labels: Labels): Promise<readonly Sample[]> {
  return eventually(`${name} ${JSON.stringify(labels)}`, async () => {
    const found = (await samples()).filter(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    );
    return found.length === 0 ? undefined : found;
  });
}

async function reaches(name: string, labels: Labels, value: number): Promise<void> {
  await eventually(`${name} ${value}`, async () => total(await find(name, labels)) === value || undefined);
}

const total = (found: readonly Sample[]): number => found.reduce((sum, { value }) => sum + value, 0);

describe("requests", () => {
  test("are counted by both sides, with who the peers are by their certificates", async () => {
    if (envoy === undefined) return;
    await fetch(`http://127.0.0.1:${PORTS.client}/`, {
      method: "POST",
      body: "12345",
      headers: { "x-tenant": "acme" },
    });
    const [client] = await find("istio_requests_total", { reporter: "source", request_protocol: "http" });
    expect(client?.labels).toMatchObject({
      source_workload: "self-v1",
      source_principal: CLIENT,
      source_workload_namespace: "shop",
      destination_workload: "orders-v1",
      destination_principal: SERVER,
      destination_service: "orders.shop.svc.cluster.local",
      response_code: "200",
      connection_security_policy: "unknown",
    });
    const [server] = await find("istio_requests_total", { reporter: "destination" });
    expect(server?.labels).toMatchObject({
      source_workload: "cart-v1",
      source_workload_namespace: "shop",
      source_principal: CLIENT,
      destination_principal: SERVER,
      destination_workload: "self-v1",
      destination_service_name: "orders",
      connection_security_policy: "mutual_tls",
    });
  });

  test("have their sizes measured", async () => {
    if (envoy === undefined) return;
    for (const name of ["istio_request_bytes_sum", "istio_response_bytes_sum"]) {
      await eventually(name, async () => {
        const [sum] = await find(name, { reporter: "source", response_code: "200" });
        // Envoy knows of a value only the bucket that it is in, and flushes histograms from time to time.
        return Math.abs((sum?.value ?? 0) - 5) < 0.5;
      });
    }
  });

  test("labels of the user's own, of all kinds of facts", async () => {
    if (envoy === undefined) return;
    const [posted] = await find("istio_requests_total", { reporter: "source", t_method: "writes" });
    expect(own(posted)).toEqual({
      t_host: `127.0.0.1:${PORTS.client}`,
      t_method: "writes",
      t_tenant: "acme",
      t_known: "true",
      t_answer: "a1",
      t_class: "good",
      t_node: "payments/POST",
      t_route: "orders-route",
      t_details: "via_upstream",
      t_mixed: "other",
      t_port: String(PORTS.client),
      t_size: "large",
    });
    await fetch(`http://127.0.0.1:${PORTS.client}/`);
    const [got] = await find("istio_requests_total", { reporter: "source", t_method: "reads", response_code: "200" });
    expect(own(got)).toMatchObject({ t_mixed: "orders-v1", t_tenant: "unknown", t_known: "false", t_size: "small" });
    await fetch(`http://127.0.0.1:${PORTS.client}/bad`);
    const [bad] = await find("istio_requests_total", { reporter: "source", response_code: "503" });
    expect(own(bad)).toMatchObject({ t_class: "bad", t_mixed: "other" });
  });

  test("of a plain connection have no principals", async () => {
    if (envoy === undefined) return;
    await fetch(`http://127.0.0.1:${PORTS.plain}/`);
    const [plain] = await find("istio_requests_total", { reporter: "destination", connection_security_policy: "none" });
    expect(plain?.labels).toMatchObject({ source_principal: "unknown", source_workload: "unknown" });
  });

  test("gRPC messages are counted", async () => {
    if (envoy === undefined) return;
    expect(await callGrpc(`http://127.0.0.1:${PORTS.client}`, 3)).toBe("0");
    const labels = { reporter: "source", request_protocol: "grpc" };
    const [requests] = await find("istio_request_messages_total", labels);
    expect(requests).toMatchObject({ value: 3, labels: { grpc_response_status: "0", t_grpc: "0" } });
    expect(total(await find("istio_response_messages_total", labels))).toBe(2);
  });

  test("beyond the limit of combinations are counted together, and how many they are", async () => {
    if (envoy === undefined) return;
    for (const tenant of ["a", "b", "c", "d", "e"])
      await fetch(`http://127.0.0.1:${PORTS.few}/`, { headers: { "x-tenant": tenant } });
    const folded = await find("sluice_telemetry_folded_total", { reporter: "source" });
    expect(total(folded)).toBe(3);
    const [rest] = await find("istio_requests_total", { reporter: "source", destination_workload: "overflow" });
    expect(rest).toMatchObject({ value: 3, labels: { few: "overflow" } });
  });
});

describe("connections", () => {
  test("are reported while they last and when they end, by both sides", async () => {
    if (envoy === undefined) return;
    const socket = connect(PORTS.tcpClient, "127.0.0.1");
    await new Promise<void>((resolve) => {
      socket.on("data", () => resolve());
      socket.write("hello");
    });
    const client = { reporter: "source", destination_workload: "db-v1", request_protocol: "tcp" };
    const server = { reporter: "destination", connection_security_policy: "mutual_tls" };
    for (const labels of [client, server]) {
      await reaches("istio_tcp_connections_opened_total", labels, 1);
      await reaches("istio_tcp_received_bytes_total", labels, 5);
      await reaches("istio_tcp_sent_bytes_total", labels, 5);
      await reaches("istio_tcp_connections_closed_total", labels, 0);
    }
    socket.write("again");
    socket.end();
    await new Promise<void>((resolve) => {
      socket.on("close", () => resolve());
    });
    for (const labels of [client, server]) {
      await reaches("istio_tcp_connections_closed_total", labels, 1);
      await reaches("istio_tcp_received_bytes_total", labels, 10);
      await reaches("istio_tcp_connections_opened_total", labels, 1);
    }
    const [closed] = await find("istio_tcp_connections_closed_total", server);
    expect(closed?.labels).toMatchObject({ source_principal: CLIENT, source_workload_namespace: "shop" });
    expect(closed?.labels).not.toHaveProperty("response_code");
  });
});

function own(sample: Sample | undefined): Labels {
  return Object.fromEntries(Object.entries(sample?.labels ?? {}).filter(([name]) => name.startsWith("t_")));
}

const address = (port: number): object => ({ socket_address: { address: "127.0.0.1", port_value: port } });

function tls(side: "Upstream" | "Downstream", name: string): object {
  const file = (suffix: string): object => ({ filename: join(folder, suffix) });
  return {
    name: "tls",
    typed_config: {
      "@type": type(`transport_sockets.tls.v3.${side}TlsContext`),
      common_tls_context: {
        tls_certificates: [{ certificate_chain: file(`${name}.crt`), private_key: file(`${name}.key`) }],
        validation_context: { trusted_ca: file("ca.crt") },
      },
      ...(side === "Downstream" ? { require_client_certificate: true } : {}),
    },
  };
}

const wasm = (name: string, program: Uint8Array | undefined): object => ({
  name,
  configuration: {
    "@type": "type.googleapis.com/google.protobuf.BytesValue",
    value: Buffer.from(bundlePrograms({ telemetry: program }) ?? new Uint8Array()).toString("base64"),
  },
  vm_config: {
    vm_id: name,
    runtime: "envoy.wasm.runtime.v8",
    code: { local: { filename: join(import.meta.dirname, "../../.build/filters/policies.wasm") } },
  },
});

function httpListener(name: keyof typeof PORTS, target: string, program: Uint8Array | undefined): object {
  const filters = [
    {
      name: "grpc_stats",
      typed_config: { "@type": type("filters.http.grpc_stats.v3.FilterConfig"), emit_filter_state: true },
    },
    { name, typed_config: { "@type": type("filters.http.wasm.v3.Wasm"), config: wasm(name, program) } },
    { name: "router", typed_config: { "@type": type("filters.http.router.v3.Router") } },
  ];
  const routes = [
    { match: { prefix: "/grpc" }, route: { cluster: "grpc" } },
    { name: "orders-route", match: { prefix: "/" }, route: { cluster: target } },
  ];
  const manager = {
    "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: name,
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes }],
      request_headers_to_add:
        name === "client" ? [{ header: { key: "x-sluice-peer", value: "cart-v1;liar;cart;v1;cart;v1;K" } }] : [],
    },
    http_filters: filters,
  };
  const chain = { filters: [{ name: "http", typed_config: manager }] };
  return {
    name,
    address: address(PORTS[name]),
    filter_chains: [name === "server" ? { ...chain, transport_socket: tls("Downstream", "server") } : chain],
  };
}

function tcpListener(name: keyof typeof PORTS, target: string, side: TelemetrySide): object {
  const often = { ...telemetry(), reportingIntervalMs: 100 };
  const program = compileTelemetry([often], side, { protocol: "tcp", isTls: true });
  const proxy = { "@type": type("filters.network.tcp_proxy.v3.TcpProxy"), stat_prefix: "tcp", cluster: target };
  const chain = {
    filters: [
      { name, typed_config: { "@type": type("filters.network.wasm.v3.Wasm"), config: wasm(name, program) } },
      { name: "tcp", typed_config: proxy },
    ],
  };
  return {
    name,
    address: address(PORTS[name]),
    filter_chains: [side === "SERVER" ? { ...chain, transport_socket: tls("Downstream", "server") } : chain],
  };
}

function cluster(name: string, port: number, destination?: string): object {
  const metadata = { filter_metadata: { sluice: { destination } } };
  const endpoint = { endpoint: { address: address(port) }, ...(destination ? { metadata } : {}) };
  const socket = destination ? { transport_socket: tls("Upstream", "client") } : {};
  return { name, load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [endpoint] }] }, ...socket };
}

function expression(text: string): Expression {
  const read = parseExpression(text);
  if ("message" in read) throw new Error(`${text}: ${read.message}`);
  return read;
}

function bootstrap(): object {
  const upsert = (tags: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(tags).map(([name, text]) => [name, { operation: "UPSERT" as const, value: expression(text) }]),
    );
  const override = { metric: "ALL_METRICS", mode: "CLIENT_AND_SERVER" } as const;
  const client = [telemetry({ ...override, tags: upsert(TAGS) })];
  const few = [telemetry({ ...override, tags: upsert({ few: "request.headers['x-tenant']" }) })];
  const grpcAddress = grpc.address() as AddressInfo; // They listen on TCP.
  const http2 = {
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": type("upstreams.http.v3.HttpProtocolOptions"),
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
  const orders = "outbound|80||orders.shop.svc.cluster.local";
  const inbound = "inbound|8080||orders.bank.svc.cluster.local";
  return {
    node: { id: "self", cluster: "self", metadata: { SLUICE_PEER: SELF, TEAM: "payments" } },
    stats_config: {
      stats_tags: metricTags([...Object.keys(TAGS), "few"]).map(({ tagName, regex }) => ({ tag_name: tagName, regex })),
    },
    stats_flush_interval: "0.1s",
    static_resources: {
      listeners: [
        httpListener("client", orders, compileTelemetry(client, "CLIENT", { isTls: true })),
        httpListener("few", orders, compileTelemetry(few, "CLIENT", { maxCombinations: 2 })),
        httpListener("server", inbound, compileTelemetry([], "SERVER", { isTls: true })),
        httpListener("plain", inbound, compileTelemetry([], "SERVER", { isTls: true })),
        tcpListener("tcpClient", "outbound|90||db.shop.svc.cluster.local", "CLIENT"),
        tcpListener("tcpServer", "inbound|9000||db.bank.svc.cluster.local", "SERVER"),
      ],
      clusters: [
        cluster(orders, PORTS.server, ORDERS),
        cluster(inbound, (app.address() as AddressInfo).port),
        cluster("outbound|90||db.shop.svc.cluster.local", PORTS.tcpServer, DATABASE),
        cluster("inbound|9000||db.bank.svc.cluster.local", (echo.address() as AddressInfo).port),
        { ...cluster("grpc", grpcAddress.port), ...http2 },
      ],
    },
  };
}
