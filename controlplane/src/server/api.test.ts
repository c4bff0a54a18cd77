import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  StreamAccessLogsMessageSchema,
  StreamAccessLogsResponseSchema,
} from "../../gen/envoy/service/accesslog/v3/als_pb.js";
import { LoadStatsRequestSchema, LoadStatsResponseSchema } from "../../gen/envoy/service/load_stats/v3/lrs_pb.js";
import {
  ClientStatusRequestSchema,
  ClientStatusResponseSchema,
  ConfigStatus,
} from "../../gen/envoy/service/status/v3/csds_pb.js";
import { startControlPlane } from "../index.ts";
import type { ControlPlane } from "../index.ts";
import { moduleNames } from "../translate/index.ts";
import { DeltaClient } from "./delta-client.ts";
import { createApp } from "./http.ts";
import type { HttpSource } from "./http.ts";
import type { LogEvent } from "./log-event.ts";
import { openapi } from "./openapi.ts";

const gateway = "istio-ingressgateway.istio-system";
const route = /RouteConfiguration$/;

let folder: string;
let controlPlane: ControlPlane;
let client: DeltaClient;
const events: LogEvent[] = [];

/** A gateway that acknowledges everything but its routes. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-api-"));
  for (const policy of moduleNames) writeFileSync(join(folder, `${policy}.wasm`), Buffer.from("\0asm\u0001\0\0\0"));
  controlPlane = await startControlPlane({
    folder: join(import.meta.dirname, "../../../examples/bookinfo"),
    stateFile: join(folder, "state.json"),
    modulesFolder: folder,
    xdsPort: 0,
    httpPort: 0,
    log: () => {},
    events: (event) => events.push(event),
  });
  const [name = ""] = (await get(`/proxies/${gateway}/resources?type=route`)).map(({ name: each }) => String(each));
  client = new DeltaClient(controlPlane.xdsPort).read(({ typeUrl }) =>
    route.test(typeUrl) ? "no such thing" : undefined,
  );
  client
    .hello(gateway)
    .request("listener")
    .request("route", { resourceNamesSubscribe: [name] });
  await vi.waitUntil(() => controlPlane.status().proxies.find(({ id }) => id === gateway)?.state === "REJECTED");
});
afterAll(async () => {
  client.close();
  await controlPlane.close();
  rmSync(folder, { recursive: true, force: true });
});

const url = (path: string): string => `http://127.0.0.1:${controlPlane.httpPort}${path}`;

async function get(path: string): Promise<Record<string, unknown>[]> {
  const response = await fetch(url(path));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as Record<string, unknown>[];
}

type Schema = Readonly<Record<string, unknown>>;

interface Described {
  readonly get: {
    readonly responses: { readonly 200: { readonly content: { readonly "application/json": { schema: Schema } } } };
  };
}

/** What is wrong with a value by the part of JSON Schema that the document uses. */
function problems(value: unknown, schema: Schema, at = "$"): string[] {
  if (typeof schema["$ref"] === "string") {
    const name = schema["$ref"].split("/").at(-1) as keyof typeof openapi.components.schemas;
    return problems(value, openapi.components.schemas[name] as Schema, at);
  }
  if (Array.isArray(schema["enum"]) && !schema["enum"].includes(value)) return [`${at}: ${String(value)}`];
  if (schema["type"] === "array") {
    if (!Array.isArray(value)) return [`${at}: no array`];
    return value.flatMap((item, index) => problems(item, schema["items"] as Schema, `${at}[${index}]`));
  }
  if (schema["type"] === "object") return objectProblems(value, schema, at);
  const wanted = schema["type"] === "integer" ? "number" : schema["type"];
  return wanted === undefined || typeof value === wanted
    ? []
    : [`${at}: ${typeof value}, not ${JSON.stringify(wanted)}`];
}

function objectProblems(value: unknown, schema: Schema, at: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${at}: no object`];
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const missing = ((schema["required"] ?? []) as string[]).filter((name) => !Object.hasOwn(value, name));
  const wrong = Object.entries(value).flatMap(([name, item]) => {
    const property = properties[name];
    if (property !== undefined) return problems(item, property, `${at}.${name}`);
    return schema["additionalProperties"] === false ? [`${at}.${name}: not in the document`] : [];
  });
  return [...missing.map((name) => `${at}.${name}: missing`), ...wrong];
}

describe("the OpenAPI document", () => {
  test("has each route of the server, and no other", () => {
    const app = createApp({} as HttpSource);
    const served = new Set(app.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`));
    const described = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual([...served].toSorted());
  });

  test("refers to schemas that exist, and describes every parameter in a path", () => {
    const textOf = JSON.stringify(openapi);
    for (const [, name = ""] of textOf.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(Object.keys(openapi.components.schemas)).toContain(name);
    }
    for (const [path, methods] of Object.entries(openapi.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = Object.values(methods as Record<string, { parameters?: { in: string; name: string }[] }>)
        .flatMap(({ parameters = [] }) => parameters)
        .filter((each) => each.in === "path");
      expect(described.map(({ name }) => name)).toEqual(names);
    }
  });

  test.each([
    ["/status"],
    ["/proxies"],
    [`/proxies/${gateway}/resources`],
    ["/wait?timeout=0"],
    ["/quarantine"],
    ["/explain?url=http%3A%2F%2Flocalhost%3A8080%2Fproductpage&header=x-a%3A%20b"],
    ["/explain?url=http%3A%2F%2Fratings%3A9080%2F0&from=reviews-v1"],
    ["/explain/connection?host=any&port=8080"],
    [`/bootstrap/${gateway}`],
    ["/openapi.json"],
  ])("GET %s answers as described", async (path) => {
    const [bare = ""] = path.split("?");
    const { paths } = openapi as unknown as { paths: Record<string, Described> };
    const { schema } = paths[bare.replace(gateway, "{id}")]!.get.responses["200"].content["application/json"];
    expect(problems(await get(path), schema)).toEqual([]);
  });
});

describe("what an Envoy refused", () => {
  test("stands on the object in the status, with the proxy, Envoy's words, file and line", async () => {
    const { objects } = controlPlane.status();
    const refused = objects.filter(({ rejections }) => rejections !== undefined);
    expect(refused).toContainEqual(
      expect.objectContaining({
        kind: "Gateway",
        file: expect.stringContaining("gateway.yaml"),
        line: expect.any(Number),
        rejections: [expect.objectContaining({ by: [gateway], message: "no such thing", type: "route" })],
      }),
    );
  });

  test("is listed in the quarantine and in the metrics", async () => {
    expect(await get("/quarantine")).toMatchObject([
      { type: "route", message: "no such thing", rejectedBy: [gateway], local: false },
    ]);
    const text = await (await fetch(url("/metrics"))).text();
    expect(text).toContain(`pilot_xds_rds_reject{node="${gateway}"} 1`);
    expect(text).toContain('pilot_total_xds_rejects{type="rds"} 1');
    expect(text).toMatch(/pilot_xds_pushes\{type="cds"\} \d/);
    expect(text).toMatch(/pilot_services [1-9]/);
    expect(text).toContain('pilot_push_triggers{type="config"} 1');
  });

  test("ends a wait at once", async () => {
    expect(await get("/wait?timeout=60")).toMatchObject({ result: "rejected", pending: [{ name: gateway }] });
    expect(await get("/wait?kind=gateway&timeout=60")).toMatchObject({ result: "rejected" });
  });

  test("is an event in the log", () => {
    expect(events).toContainEqual(
      expect.objectContaining({ event: "rejected", proxy: gateway, type: "rds", message: "no such thing" }),
    );
  });
});

describe("the resources of a proxy", () => {
  test("come with their state and contents", async () => {
    const all = await get(`/proxies/${gateway}/resources`);
    expect(all.filter(({ type, state }) => type === "listener" && state === "SYNCED")).not.toEqual([]);
    const [listener] = await get(`/proxies/${gateway}/resources?type=listener`);
    expect(listener).toMatchObject({ config: { name: listener?.["name"], filter_chains: expect.any(Array) } });
    expect(JSON.stringify(listener)).toContain("HttpConnectionManager");
    expect(await get(`/proxies/${gateway}/resources?type=listener&name=none`)).toEqual([]);
  });

  test.each([
    ["/proxies/none/resources", 404],
    [`/proxies/${gateway}/resources?type=nonsense`, 400],
    ["/wait?timeout=-1", 400],
    ["/wait?timeout=x", 400],
    [`/bootstrap/${gateway}?admin=nonsense`, 400],
  ])("%s is %i", async (path, status) => expect((await fetch(url(path))).status).toBe(status));

  test("are compared with what the Envoy says it runs", async () => {
    const given = (await get(`/proxies/${gateway}/resources?type=cluster`)) as { name: string; given: string }[];
    const entry = (name: string, version: string): object => ({
      version_info: version,
      cluster: { "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", name },
    });
    const [first, second] = given;
    const clusters = [entry(first!.name, first!.given), entry(second!.name, "old"), entry("stray", "1")];
    const body = JSON.stringify({ configs: [{ dynamic_active_clusters: clusters }] });
    const response = await fetch(url(`/proxies/${gateway}/compare`), { method: "POST", body });
    const differences = (await response.json()) as { name: string; state: string }[];
    expect(differences).toContainEqual(expect.objectContaining({ name: first!.name, state: "same" }));
    expect(differences).toContainEqual(
      expect.objectContaining({ name: second!.name, state: "differs", running: "old" }),
    );
    expect(differences).toContainEqual(expect.objectContaining({ name: "stray", state: "extra" }));
    expect(differences).toContainEqual(expect.objectContaining({ type: "listener", state: "missing" }));
  });

  test("a body that is no JSON is refused", async () => {
    const response = await fetch(url(`/proxies/${gateway}/compare`), { method: "POST", body: "{" });
    expect(response.status).toBe(400);
  });
});

function codec<T extends DescMessage>(
  schema: T,
): { write: (m: MessageInitShape<T>) => Buffer; read: (b: Buffer) => MessageShape<T> } {
  return {
    write: (message) => Buffer.from(toBinary(schema, create(schema, message))),
    read: (bytes) => fromBinary(schema, bytes),
  };
}

describe("other services of the xDS port", () => {
  const connect = (): Client => new Client(`127.0.0.1:${controlPlane.xdsPort}`, credentials.createInsecure());

  test.each([
    ["all", [], 1],
    ["its id", [{ nodeId: { matchPattern: { case: "contains", value: gateway } } }], 1],
    ["another id", [{ nodeId: { matchPattern: { case: "exact", value: "x" } } }], 0],
    [
      "metadata",
      [
        {
          nodeMetadatas: [
            {
              path: [{ segment: { case: "key", value: "X" } }],
              value: { matchPattern: { case: "presentMatch", value: false } },
            },
          ],
        },
      ],
      1,
    ],
  ] as const)("client status (CSDS) of %s", async (_, nodeMatchers, expected) => {
    const grpc = connect();
    const [request, response] = [codec(ClientStatusRequestSchema), codec(ClientStatusResponseSchema)];
    const path = "/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus";
    const answer = await new Promise<MessageShape<typeof ClientStatusResponseSchema>>((resolve, reject) => {
      const asked = { nodeMatchers: [...nodeMatchers] } as MessageInitShape<typeof ClientStatusRequestSchema>;
      grpc.makeUnaryRequest(path, request.write, response.read, asked, (error, value) => {
        if (error === null && value !== undefined) resolve(value);
        else reject(error ?? new Error("no answer"));
      });
    });
    grpc.close();
    expect(answer.config).toHaveLength(expected);
    const configs = answer.config[0]?.genericXdsConfigs ?? [];
    const synced = configs.find(({ typeUrl }) => typeUrl.endsWith("Listener"));
    if (expected === 1) {
      expect(synced).toMatchObject({ configStatus: ConfigStatus.SYNCED, xdsConfig: { typeUrl: synced?.typeUrl } });
      const refused = configs.find(({ configStatus }) => configStatus === ConfigStatus.ERROR);
      expect(refused?.errorState?.details).toBe("no such thing");
    }
  });

  test("load reports (LRS) become metrics", async () => {
    const grpc = connect();
    const [request, response] = [codec(LoadStatsRequestSchema), codec(LoadStatsResponseSchema)];
    const path = "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats";
    const stream = grpc.makeBidiStreamRequest(path, request.write, response.read);
    const answer = new Promise((resolve) => stream.on("data", resolve));
    stream.on("error", () => {});
    const upstreamLocalityStats = [
      { totalSuccessfulRequests: 7n, totalErrorRequests: 2n, totalRequestsInProgress: 3n },
    ];
    stream.write({ node: { id: "x" }, clusterStats: [{ clusterName: "c", upstreamLocalityStats }] });
    expect(await answer).toMatchObject({ sendAllClusters: true, loadReportingInterval: { seconds: 10n } });
    const text = await (await fetch(url("/metrics"))).text();
    expect(text).toContain('sluice_load_requests_total{cluster="c",result="success"} 7');
    expect(text).toContain('sluice_load_requests_total{cluster="c",result="error"} 2');
    expect(text).toContain('sluice_load_requests_in_progress{cluster="c"} 3');
    stream.cancel();
    grpc.close();
  });

  test("access log entries (ALS) become events, and are counted", async () => {
    const grpc = connect();
    const [request, response] = [codec(StreamAccessLogsMessageSchema), codec(StreamAccessLogsResponseSchema)];
    const path = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
    const done = new Promise((resolve) => {
      const stream = grpc.makeClientStreamRequest(path, request.write, response.read, resolve);
      const logEntry = [{ request: { path: "/x", requestMethod: 1 }, response: { responseCode: 503 } }];
      stream.write({
        identifier: { node: { id: "sidecar~1~front.shop~d" }, logName: "all" },
        logEntries: { case: "httpLogs", value: { logEntry } },
      });
      stream.end();
    });
    await done;
    expect(events).toContainEqual(
      expect.objectContaining({ event: "access", proxy: "front.shop", method: "GET", path: "/x", response_code: 503 }),
    );
    const text = await (await fetch(url("/metrics"))).text();
    expect(text).toContain('sluice_access_log_entries_total{proxy="front.shop"} 1');
    grpc.close();
  });
});
