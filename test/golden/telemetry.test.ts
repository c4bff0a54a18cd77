import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Telemetry } from "../../controlplane/src/model/types.ts";
import { parseExpression } from "../../controlplane/src/model/telemetry-expression.ts";
import { compileTelemetry, metricTags } from "../../controlplane/src/policy/index.ts";
import type { TelemetryOptions, TelemetrySide } from "../../controlplane/src/policy/index.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import { telemetry } from "./models.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

const REQUESTS = 0;
const DURATION = 1;
const KEY_WORDS = 42;
const CAPACITY = 16_384;
const PRODUCTPAGE = "productpage-v1;bookinfo;productpage;v1;productpage;v1;Kubernetes";
const REVIEWS = "reviews-v2;bookinfo;reviews;v2;reviews;v2;Kubernetes";

interface Sample {
  readonly source?: string;
  /** At the client what the endpoint says of itself, with its service; at the server its own peer. */
  readonly destination?: string;
  readonly cluster?: string;
  readonly code: number;
  readonly flags?: number;
  /** 0: not gRPC, 1: gRPC without status, else status + 2. */
  readonly grpc?: number;
  readonly sourcePrincipal?: string;
  readonly destinationPrincipal?: string;
  readonly isMutual?: boolean;
  readonly facts?: readonly (string | undefined)[];
}

const CASES: Readonly<Record<string, readonly Telemetry[]>> = {
  "expressions of facts and of labels": [
    tagged({
      moment: "request.method == 'GET' || 'x-a' in request.headers ? 'r' + request.host : 'none'",
      several: "response.code >= 500 && response.headers['x-b'] != 'fine' ? upstream_peer.app : node.id",
      constant: "'text'",
      code: "response.code",
    }),
  ],
  "no telemetry resource": [],
  "the client's duration off": [telemetry({ metric: "REQUEST_DURATION", mode: "CLIENT", disabled: true, tags: {} })],
  "labels removed, replaced and added": [
    telemetry({
      metric: "REQUEST_COUNT",
      mode: "CLIENT_AND_SERVER",
      tags: {
        source_principal: { operation: "REMOVE" },
        destination_version: { operation: "UPSERT", value: { literal: "any" } },
        request_method: { operation: "UPSERT", value: { attribute: "request.method" } },
        tenant: { operation: "UPSERT", value: { requestHeader: "X-Tenant" } },
      },
    }),
  ],
};

/** A Telemetry whose labels are these expressions. */
function tagged(tags: Readonly<Record<string, string>>): Telemetry {
  const upserted = Object.entries(tags).map(([name, text]) => {
    const value = parseExpression(text);
    if ("message" in value) throw new Error(`${text}: ${value.message}`);
    return [name, { operation: "UPSERT" as const, value }] as const;
  });
  return telemetry({ metric: "ALL_METRICS", mode: "CLIENT_AND_SERVER", tags: Object.fromEntries(upserted) });
}

let filter: PureFilter;

beforeAll(async () => {
  filter = await loadPureFilter("telemetry");
}, 60_000);

function load(telemetries: readonly Telemetry[], side: TelemetrySide, options: TelemetryOptions = {}): number {
  const bytes = compileTelemetry(telemetries, side, options) ?? new Uint8Array();
  const program = filter.put(bytes);
  expect(filter.call("check", program, bytes.length)).toBe(0);
  return program;
}

function metricName(program: number, metric: number, sample: Sample): string {
  const number = (intern: string, value: string | undefined): number => {
    if (value === undefined || value === "") return 0;
    const bytes = new TextEncoder().encode(value);
    return filter.call(intern, filter.put(bytes), bytes.length);
  };
  const words = new Uint32Array(KEY_WORDS);
  words.set([
    number("identify", sample.source),
    number("identify", sample.destination),
    number("identify", sample.cluster),
    sample.code,
    sample.flags ?? 0,
    0,
    sample.grpc ?? 0,
    number("identify", sample.sourcePrincipal),
    number("identify", sample.destinationPrincipal),
    sample.isMutual === true ? 1 : 0,
    ...(sample.facts ?? []).map((fact) => number("internFact", fact)),
  ]);
  const key = filter.put(new Uint8Array(words.buffer));
  const out = filter.put(new Uint8Array(CAPACITY));
  const length = filter.call("metricName", program, metric, key, out, CAPACITY);
  return filter.text(out, length);
}

/** What Envoy does with a name: each tag's first group leaves it, the second is the label's value. */
function extract(name: string): { readonly metric: string; readonly labels: Readonly<Record<string, string>> } {
  const full = `wasmcustom.${name}`;
  const removed: (readonly [from: number, to: number])[] = [];
  const labels: Record<string, string> = {};
  for (const tag of metricTags()) {
    const match = new RegExp(tag.regex, "d").exec(full);
    const range = match?.indices?.[1];
    if (range === undefined) continue;
    removed.push(range);
    labels[tag.tagName] = match?.[2] ?? "";
  }
  const metric = full
    .split("")
    .filter((_, i) => !removed.some(([from, to]) => i >= from && i < to))
    .join("");
  return { metric, labels };
}

describe("telemetry", () => {
  test.each(Object.entries(CASES))("%s", async (name, telemetries) => {
    const bytes = compileTelemetry(telemetries, "CLIENT") ?? new Uint8Array();
    const file = `programs/telemetry-${name.replaceAll(/[^a-z]+/g, "-")}.txt`;
    await expect(`${annotate(bytes, LAYOUTS.telemetry)}\n`).toMatchFileSnapshot(file);
    load(telemetries, "CLIENT");
  });

  test("a client's request has Istio's labels", () => {
    const { metric, labels } = extract(
      metricName(load([], "CLIENT"), REQUESTS, {
        source: PRODUCTPAGE,
        destination: `reviews.bookinfo.svc.cluster.local;${REVIEWS}`,
        code: 200,
      }),
    );
    expect(metric).toBe("wasmcustom.istio_requests_total");
    expect(labels).toEqual({
      reporter: "source",
      source_workload: "productpage-v1",
      source_workload_namespace: "bookinfo",
      source_principal: "unknown",
      source_app: "productpage",
      source_version: "v1",
      source_cluster: "Kubernetes",
      source_canonical_service: "productpage",
      source_canonical_revision: "v1",
      destination_workload: "reviews-v2",
      destination_workload_namespace: "bookinfo",
      destination_principal: "unknown",
      destination_app: "reviews",
      destination_version: "v2",
      destination_service: "reviews.bookinfo.svc.cluster.local",
      destination_service_name: "reviews",
      destination_service_namespace: "bookinfo",
      destination_cluster: "Kubernetes",
      destination_canonical_service: "reviews",
      destination_canonical_revision: "v2",
      request_protocol: "http",
      response_code: "200",
      response_flags: "-",
      connection_security_policy: "unknown",
    });
  });

  test("a server's gRPC request from a client that says nothing of itself", () => {
    const { metric, labels } = extract(
      metricName(load([], "SERVER"), DURATION, {
        destination: REVIEWS,
        cluster: "inbound|9080||reviews.test",
        code: 200,
        grpc: 16,
      }),
    );
    expect(metric).toBe("wasmcustom.istio_request_duration_milliseconds");
    expect(labels).toMatchObject({
      reporter: "destination",
      source_workload: "unknown",
      destination_service: "reviews.test",
      destination_service_name: "reviews.test",
      destination_service_namespace: "bookinfo",
      request_protocol: "grpc",
      grpc_response_status: "14",
      connection_security_policy: "none",
    });
  });

  test("nothing known but the code", () => {
    const { labels } = extract(metricName(load([], "CLIENT"), REQUESTS, { cluster: "PassthroughCluster", code: 0 }));
    expect(labels).toMatchObject({
      destination_service: "unknown",
      destination_workload: "unknown",
      response_code: "0",
    });
    expect(labels).not.toHaveProperty("grpc_response_status");
  });

  test("labels removed, replaced and added", () => {
    const program = load(CASES["labels removed, replaced and added"] ?? [], "CLIENT");
    const sample = { destination: `reviews;${REVIEWS}`, code: 200, facts: ["GET", "acme"] };
    const { labels } = extract(metricName(program, REQUESTS, sample));
    expect(labels).not.toHaveProperty("source_principal");
    expect(labels).toMatchObject({ destination_version: "any", request_method: "GET", tenant: "acme" });
    expect(extract(metricName(program, DURATION, sample)).labels).toMatchObject({ destination_version: "v2" });
  });

  test("later and narrower resources win", () => {
    const off = telemetry({ metric: "ALL_METRICS", mode: "CLIENT_AND_SERVER", disabled: true, tags: {} });
    const on = telemetry({ metric: "REQUEST_COUNT", mode: "SERVER", disabled: false, tags: {} });
    expect(compileTelemetry([off], "SERVER")).toBeUndefined();
    expect(compileTelemetry([off, on], "CLIENT")).toBeUndefined();
    const program = load([off, on], "SERVER");
    expect([REQUESTS, DURATION].map((metric) => filter.call("isEnabled", program, metric))).toEqual([1, 0]);
  });

  test("more facts than a request may cost become unknown", () => {
    const tags = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [
        `tag_${i}`,
        { operation: "UPSERT" as const, value: { requestHeader: `x-${i}` } },
      ]),
    );
    load([telemetry({ metric: "ALL_METRICS", mode: "CLIENT", tags })], "CLIENT");
  });

  test("no value breaks another label", () => {
    const program = load(CASES["labels removed, replaced and added"] ?? [], "CLIENT");
    const hostile = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(";.reporter=x", ".source_app=evil;", "a|b:c.d", "..", "é\u0000\n", "x".repeat(600), "=", ";"),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (app, host, tenant) => {
        const peer = `w;n;${app.replaceAll(";", "")};v;s;r;c`;
        const name = metricName(program, REQUESTS, {
          source: peer,
          cluster: `outbound|80||${host}`,
          code: 200,
          facts: ["GET", tenant],
        });
        const { metric, labels } = extract(name);
        expect(metric).toBe("wasmcustom.istio_requests_total");
        expect(labels["reporter"]).toBe("source");
        expect(labels["source_canonical_service"]).toBe(app.length > 500 ? "unknown" : "s");
        expect(labels["source_app"]).toBe(sanitized(app.replaceAll(";", "")));
        expect(labels["tenant"]).toBe(sanitized(tenant));
        expect(labels["connection_security_policy"]).toBe("unknown");
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [0, "-"],
    [1 << 1, "UH"],
    [1 << 2, "UT"],
    [1 << 5, "UF"],
    [1 << 8, "NR"],
    [1 << 14, "DC"],
    [1 << 15, "URX"],
    [1 << 24, "NC"],
    [(1 << 5) | (1 << 15), "UF,URX"],
    [
      2 ** 30 - 1,
      "LH,UH,UT,LR,UR,UF,UC,UO,NR,DI,FI,RL,UAEX,RLSE,DC,URX,SI,IH,DPE,UMSDR,RFCF,NFCF,DT,UPE,NC,OM,DF,DO,DR,UDO",
    ],
  ])("response flags %d are %s", (flags, text) => {
    const out = filter.put(new Uint8Array(128));
    expect(filter.text(out, filter.call("writeResponseFlags", BigInt(flags), out))).toBe(text);
  });

  test.each([
    [
      "a service's endpoint",
      "a.ns.svc.cluster.local;w;n;a;v;a;v;K",
      undefined,
      ["a.ns.svc.cluster.local", "a", "ns", "w"],
    ],
    ["a host of another domain", "a.com;w;n;a;v;a;v;K", undefined, ["a.com", "a.com", "n", "w"]],
    ["no endpoint, the cluster's name", undefined, "outbound|80|v1|a.ns.svc.x", ["a.ns.svc.x", "a", "ns", "unknown"]],
    ["no endpoint, a cluster of another name", undefined, "a|b", ["unknown", "unknown", "unknown", "unknown"]],
    ["an endpoint without a service", ";w;n;a;v;a;v;K", undefined, ["unknown", "unknown", "unknown", "w"]],
    ["a host and no peer", "a.com", undefined, ["a.com", "a.com", "unknown", "unknown"]],
  ])("the destination: %s", (_name, destination, cluster, [service, name, namespace, workload]) => {
    const sample = { code: 200, ...(destination ? { destination } : {}), ...(cluster ? { cluster } : {}) };
    expect(extract(metricName(load([], "CLIENT"), REQUESTS, sample)).labels).toMatchObject({
      destination_service: service,
      destination_service_name: name,
      destination_service_namespace: namespace,
      destination_workload: workload,
    });
  });

  test("combinations keep their places, up to a limit", () => {
    const places = Array.from({ length: 1500 }, (_, i) => filter.call("findCombination", i));
    expect(places).toEqual(Array.from({ length: 1500 }, (_, i) => (i < 1000 ? i : -1)));
    expect(filter.call("findCombination", 777)).toBe(777);
  });

  test("what has no room is counted as overflow, with who reports it", () => {
    const out = filter.put(new Uint8Array(CAPACITY));
    const { labels } = extract(
      filter.text(out, filter.call("overflowName", load([], "SERVER"), REQUESTS, out, CAPACITY)),
    );
    expect(labels).toMatchObject({ reporter: "destination", source_workload: "overflow", response_code: "overflow" });
  });
});

/** The filter's rule for values: printable ASCII without semicolons, 256 bytes; nothing known is `unknown`. */
function sanitized(value: string): string {
  const bytes = [...new TextEncoder().encode(value)].slice(0, 256);
  const text = bytes
    .map((byte) => (byte < 32 || byte > 126 || byte === 59 ? "_" : String.fromCodePoint(byte)))
    .join("");
  return text === "" ? "unknown" : text;
}
