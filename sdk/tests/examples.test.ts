import { generateKeyPairSync } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { createHost, LogLevel, timeout } from "../../host/src/index.ts";
import type { GrpcServer, Header, Host, HostOptions, LoadOptions, Plugin, Stream } from "../../host/src/index.ts";
import { exampleBytes } from "./build-fixture.ts";
import { load, startPlugin } from "./harness.ts";

// The examples of the API reference, run: each by its first name, which is the root id that chooses it. The reference
// (scripts/sdk-reference.mjs) has every export's example; this test has every example's run.

const folder = new URL("examples/", import.meta.url);
const modules = new Map<string, Uint8Array<ArrayBuffer>>();
const fileOf = new Map<string, string>();

for (const file of await readdir(folder)) {
  const text = await readFile(new URL(file, folder), "utf8");
  for (const [, name = ""] of text.matchAll(/^\/\/#region (\w+)/gm)) fileOf.set(name, file.replace(".ts", ""));
}

beforeAll(async () => {
  for (const name of new Set(fileOf.values())) modules.set(name, new Uint8Array(await exampleBytes(name)));
}, 120_000);

interface Run {
  readonly host: Host;
  readonly plugin: Plugin;
  readonly lines: () => readonly string[];
  /** A request up to its headers. */
  readonly ask: (headers?: readonly Header[], end?: boolean) => Stream;
}

function start(name: string, { host: options = {}, ...more }: LoadOptions & { host?: HostOptions } = {}): Run {
  const host = createHost({ logLevel: LogLevel.Info, ...options });
  const plugin = host.load(moduleOf(name), { rootId: name, name, ...more });
  const head: readonly Header[] = [
    [":method", "GET"],
    [":path", "/"],
    [":authority", "shop"],
  ];
  return {
    host,
    plugin,
    lines: () => host.logs.filter(({ source }) => source === "module").map(({ message }) => message),
    ask: (headers = [], end = true) => {
      const stream = plugin.stream({ requestHeaders: [...head, ...headers] });
      stream.requestHeaders({ endOfStream: end });
      return stream;
    },
  };
}

function moduleOf(name: string): Uint8Array<ArrayBuffer> {
  const bytes = modules.get(fileOf.get(name) ?? "");
  if (bytes === undefined) throw new Error(`no example ${name}`);
  return bytes;
}

const sized = (...parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    parts.flatMap((part) => {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(part.length);
      return [size, part];
    }),
  );

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const der = sized(
  pair.privateKey.export({ format: "der", type: "pkcs8" }),
  pair.publicKey.export({ format: "der", type: "spki" }),
);
const pem = sized(
  Buffer.from(pair.privateKey.export({ format: "pem", type: "pkcs8" })),
  Buffer.from(pair.publicKey.export({ format: "pem", type: "spki" })),
);

const rpc: GrpcServer = {
  unary: ({ message }) =>
    Buffer.from(message).toString() === "jason" ? { message: "found" } : { status: 5, statusMessage: "nobody" },
  stream: (stream) => {
    stream.onMessage = (message) => {
      stream.initialMetadata([["x-version", "2"]]);
      stream.send(message);
      stream.close(0, "", [["x-sum", "1"]]);
    };
  },
};

const RUNS: Readonly<Record<string, () => void>> = {
  HttpContext: () => {
    const stream = start("HttpContext").ask([["x-user", "jason"]]);
    stream.responseHeaders([[":status", "200"]]);
    expect(stream.response?.text("x-hello")).toBe("jason");
  },
  HeaderMap: () => {
    const stream = start("HeaderMap").ask([
      ["x-debug-a", "1"],
      ["x-user", "jason"],
      ["x-debug-b", "1"],
    ]);
    expect(stream.request?.toArray().map(([name]) => name)).toEqual([":method", ":path", ":authority", "x-user"]);
  },
  HeaderList: () => {
    const stream = start("HeaderList").ask([["x-user", "jason"]]);
    expect(stream.request?.toArray().map(([name]) => name)).toEqual([":method", ":path", ":authority", "x-anonymous"]);
  },
  sendLocalResponse: () => {
    const { ask } = start("sendLocalResponse");
    expect(ask([["x-user", "mallory"]]).localReply).toMatchObject({ status: 403, details: "deny_list" });
    expect(ask([["x-user", "jason"]]).localReply).toBeUndefined();
  },
  sendLocalResponseWithHeaders: () => {
    const { downstream } = start("sendLocalResponseWithHeaders").ask();
    expect(downstream.headers?.text(":status")).toBe("308");
    expect(downstream.headers?.text("location")).toBe("https://new.example/");
  },
  sendGrpcResponse: () => {
    expect(start("sendGrpcResponse").ask().localReply).toMatchObject({ status: 503, grpcStatus: 14 });
  },
  Body: () => {
    const stream = start("Body").ask([["content-length", "5"]], false);
    stream.requestBody("hel", { endOfStream: false });
    stream.requestBody("lo", { endOfStream: true });
    expect(stream.upstream.text).toBe('{"text":"hello"}');
    expect(stream.upstream.headers?.text("content-length")).toBeUndefined();
  },
  responseBody: () => {
    const stream = start("responseBody").ask([], false);
    stream.requestTrailers([
      ["x-internal", "1"],
      ["x-kept", "1"],
    ]);
    expect(stream.upstream.trailers?.toArray()).toEqual([["x-kept", "1"]]);
    stream.responseHeaders([[":status", "200"]]);
    stream.responseBody("hel", { endOfStream: false });
    stream.responseBody("lo", { endOfStream: true });
    expect(stream.downstream.trailers?.text("x-bytes")).toBe("5");
  },
  MetadataAction: () => {
    // The in-process host sends no METADATA frames.
    const host = load(moduleOf("MetadataAction"));
    host.properties.set("plugin_root_id", Buffer.from("MetadataAction"));
    startPlugin(host, 1, "");
    host.exports["proxy_on_context_create"]?.(2, 1);
    expect(host.exports["proxy_on_request_metadata"]?.(2, 3)).toBe(0);
    expect(host.logs).toEqual(["2 metadata frames 3"]);
  },
  Bytes: () => {
    const stream = start("Bytes").ask([["cookie", "a=1; sessions=2;  session=three"]]);
    expect(stream.request?.text("x-session")).toBe("three");
  },
  ProtoWriter: () => {
    expect(start("ProtoWriter").ask().request?.text("x-age")).toBe("40");
  },
  log: () => {
    const { host, ask, lines } = start("log");
    const stream = ask();
    host.advance(25);
    stream.complete();
    expect(lines()).toEqual(["a request has begun", "it took 25 ms"]);
  },
  clearRouteCache: () => {
    const { ask } = start("clearRouteCache");
    const toCanary = Array.from({ length: 300 }, () => ask().request?.text("x-canary")).filter((each) => each === "1");
    expect(toCanary.length).toBeGreaterThan(5);
    expect(toCanary.length).toBeLessThan(100);
  },
  callForeignFunction: () => {
    const upper = (argument: Uint8Array): Uint8Array => Buffer.from(Buffer.from(argument).toString().toUpperCase());
    const { ask } = start("callForeignFunction", { host: { foreign: { upper_case: upper } } });
    expect(ask().request?.text("x-answer")).toBe("HELLO");
    const without = start("callForeignFunction");
    without.ask();
    expect(without.lines()).toEqual(["no answer: status 1"]);
  },
  compress: () => {
    const { ask, lines } = start("compress");
    ask();
    expect(lines()).toEqual(["true 1000"]);
  },
  BufferType: () => {
    const { ask, lines } = start("BufferType");
    ask();
    expect(lines()).toEqual(["true 0", "continue 0"]);
  },
  registerHttpContext: () => {
    const stream = start("registerHttpContext").ask();
    stream.responseHeaders([[":status", "200"]]);
    expect(stream.response?.text("x-content-type-options")).toBe("nosniff");
  },
  Context: () => {
    const signed: readonly Header[] = [["x-signature", "s"]];
    const auth = { status: 200, headers: [["x-user", "jason"] as const], trailers: signed };
    const { host, ask } = start("Context", { host: { clusters: { auth: () => auth } } });
    const stream = ask();
    host.settle();
    expect([stream.request?.text("x-user"), stream.request?.text("x-signature")]).toEqual(["jason", "s"]);
    expect(stream.paused.request).toBe(false);
    const late = start("Context", { host: { clusters: { auth: () => timeout() } } });
    const waiting = late.ask();
    late.host.advance(250);
    expect(waiting.localReply?.status).toBe(504);
    expect(start("Context").ask().localReply?.status).toBe(503);
  },
  GrpcCall: () => {
    const { host, ask } = start("GrpcCall", { host: { grpc: { rpc } } });
    const stream = ask();
    host.settle();
    expect(stream.request?.text("x-found")).toBe("found");
    const refused = start("GrpcCall", {
      host: { grpc: { rpc: { unary: () => ({ status: 5, statusMessage: "nobody" }) } } },
    });
    refused.ask();
    refused.host.settle();
    expect(refused.lines()).toEqual([expect.stringMatching(/^refused: 5 nobody/)]);
  },
  grpcInitialMetadata: () => {
    const { host, ask, lines } = start("grpcInitialMetadata", { host: { grpc: { rpc } } });
    ask();
    host.settle();
    expect(lines()).toEqual(["version 2", "message all", "sum 1", "closed 0"]);
  },
  PluginContext: () => {
    const { host, ask, lines } = start("PluginContext");
    ask();
    ask();
    host.advance(2000);
    expect(lines()).toEqual(["2 requests", "0 requests"]);
  },
  SharedData: () => {
    const { ask, lines } = start("SharedData");
    ask();
    ask();
    expect(lines()).toEqual(["request 1", "request 2"]);
  },
  SharedQueue: () => {
    const { host, ask, lines } = start("SharedQueue", { vmId: "examples" });
    ask();
    host.settle();
    expect(lines()).toEqual(["job /"]);
  },
  Counter: () => {
    const { host, plugin } = start("Counter", { configuration: "1234" });
    expect(plugin.problem).toBeUndefined();
    expect(host.metrics.find("example;.kind=request")?.value).toBe(1n);
    expect(host.metrics.find("example_level")?.value).toBe(7n);
    expect(host.metrics.find("example_sizes")?.samples).toEqual([4n]);
  },
  defineMetric: () => {
    const { host, plugin } = start("defineMetric");
    expect(plugin.problem).toBeUndefined();
    expect(host.metrics.find("example_numbered")?.value).toBe(7n);
  },
  JsonReader: () => {
    const said = (configuration: string): readonly string[] => start("JsonReader", { configuration }).lines();
    expect(said('{"limit": 10, "hosts": ["a", "b"]}')).toEqual(["2 hosts, every 100 ms"]);
    expect(said('{"limit": 10, "hosts": "a"}')).toEqual(["1 hosts, every 100 ms"]);
    expect(said("")).toEqual(["configuration refused: there must be one"]);
    expect(said('{"hosts": [""]}')).toEqual(["configuration refused: 1:12: hosts[0]: a host must have a name"]);
    expect(said('{"hosts": "a"}')).toEqual(["configuration refused: 1:14: limit: the field is missing"]);
    expect(said('{"limit": 0}')).toEqual([
      "configuration refused: 1:11: limit: expected a whole number from 1 to 1000, found 0",
    ]);
  },
  BinaryReader: () => {
    const name = Buffer.from("jason");
    const right = start("BinaryReader", { configuration: Buffer.concat([Buffer.from([1, 1]), sized(name)]) });
    expect(right.lines()).toEqual(["name jason"]);
    const wrong = start("BinaryReader", { configuration: Buffer.from([2, 0]) });
    expect(wrong.lines()).toEqual(["configuration refused: byte 1: version 1 expected"]);
  },
  environment: () => {
    const host = load(moduleOf("environment"), ["COLOR=blue"]);
    host.properties.set("plugin_root_id", Buffer.from("environment"));
    expect(startPlugin(host, 1, "")).toBe(true);
    expect(host.logs).toEqual(["2 blue"]);
  },
  getProperty: () => {
    const { plugin, lines } = start("getProperty");
    const properties = { source: { port: 4000n }, metadata: { filter_metadata: { shop: { weight: 1.5 } } } };
    const requestHeaders: readonly Header[] = [
      [":method", "GET"],
      [":path", "/"],
      [":authority", "shop"],
      ["x-user", "jason"],
    ];
    plugin.stream({ requestHeaders, properties }).requestHeaders();
    expect(lines()).toEqual(["shop 4000 false 1.5 jason"]);
  },
  PropertyMap: () => {
    const { plugin, lines } = start("PropertyMap");
    const shop = { limits: { max: 10.5, on: true }, regions: ["eu", "us"] };
    const properties = { source: { port: 4000n }, metadata: { filter_metadata: { shop } } };
    plugin.stream({ properties }).requestHeaders();
    expect(lines()).toEqual(["max 10.5", "on true", "eu", "us", "port 4000"]);
  },
  RequestProperties: () => {
    const { plugin, lines } = start("RequestProperties");
    const properties = { source: { address: "10.0.0.1:4000" }, upstream: { address: "10.0.0.2:80" } };
    const stream = plugin.stream({ properties });
    stream.requestHeaders();
    stream.responseHeaders([[":status", "200"]], { endOfStream: true });
    stream.complete();
    expect(lines()).toEqual([expect.stringMatching(/^GET \/ 200 -?\d+ 10\.0\.0\.1:4000 to .* by 10\.0\.0\.2:80 -$/)]);
  },
  XdsProperties: () => {
    const properties = { xds: { node: { id: "edge" }, route_name: "all" }, cluster_name: "shop" };
    const { ask, lines } = start("XdsProperties", { name: "where", host: { properties } });
    ask();
    expect(lines()).toEqual(["edge where", "all shop", "no tenant"]);
  },
  setProperty: () => {
    const { filterState } = start("setProperty").ask();
    expect(Buffer.from(filterState.get("wasm.tenant") ?? []).toString()).toBe("green");
    expect(Buffer.from(filterState.get("envoy.tcp_proxy.cluster") ?? []).toString()).toBe("green");
  },
  sign: () => {
    expect(start("sign", { configuration: der }).plugin.problem).toBeUndefined();
  },
  signPem: () => {
    expect(start("signPem", { configuration: pem }).plugin.problem).toBeUndefined();
  },
  Expression: () => {
    const { plugin, ask } = start("Expression", { configuration: "request.method == 'GET'" });
    expect(ask().localReply).toBeUndefined();
    const stream = plugin.stream({ requestHeaders: [[":method", "POST"]] });
    stream.requestHeaders();
    expect(stream.localReply?.status).toBe(403);
    expect(start("Expression", { configuration: "1 +" }).plugin.problem).toBeDefined();
  },
  TcpContext: () => {
    const { plugin, lines } = start("TcpContext");
    const ssh = plugin.connection();
    ssh.open();
    ssh.downstream("SS");
    ssh.downstream("H-2.0");
    expect(ssh.closed).toBe(true);
    ssh.complete();
    const other = plugin.connection();
    other.open();
    other.downstream("hello");
    other.upstream("hi");
    other.closeDownstream("remote");
    expect(Buffer.from(other.toDownstream).toString()).toBe("welcome\nhi");
    expect(lines()).toContain("the client left");
  },
};

describe("the example of", () => {
  it.each(Object.keys(RUNS))("%s does what it says", (name) => {
    RUNS[name]?.();
  });

  it("each name is run", () => {
    expect(Object.keys(RUNS).toSorted()).toEqual([...fileOf.keys()].toSorted());
  });
});
