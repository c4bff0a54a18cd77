// Each test names a defect that an AssemblyScript SDK for proxy-wasm has or had, and shows that this one does not have it.

import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { hold, LogLevel } from "../../host/src/index.ts";
import { fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";
import { inHost } from "./in-host.ts";
import type { Bench } from "./in-host.ts";

const file = (name: string): Promise<string> => readFile(new URL(`../${name}`, import.meta.url), "utf8");

async function moduleOf(name: string): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(new Uint8Array(await fixtureBytes(name)));
}

async function importsOf(name: string): Promise<string[]> {
  return WebAssembly.Module.imports(await moduleOf(name)).map((item) => `${item.module}.${item.name}`);
}

async function exportsOf(name: string): Promise<string[]> {
  return WebAssembly.Module.exports(await moduleOf(name)).map((item) => item.name);
}

let hostile: Bench;

beforeAll(async () => {
  for (const name of ["hostile", "whole", "named", "add-header"]) await fixtureBytes(name);
  hostile = await inHost("hostile");
}, 180_000);

/** What the fixture makes of a command. */
function result(command: string, ...headers: [string, string][]): string | undefined {
  return hostile.request(command, ...headers).request?.text("x-result");
}

describe("solo-io/proxy-runtime 0.1.15", () => {
  it("1: reading a metric records an address in it", () => {
    expect(result("metrics")).toBe("42 42 2");
  });

  it("2: a gauge or histogram records to a metric that the caller must name again", () => {
    result("metrics");
    expect(hostile.host.metrics.prometheus()).toMatch(/histogram/);
  });

  it("3: gRPC's host calls lack the initial metadata", async () => {
    const imports = await file("abi/imports.ts");
    const parameters = (name: string): number =>
      (new RegExp(`function ${name}\\(([^)]*)\\)`).exec(imports)?.[1] ?? "").split(",").filter((item) => item.trim())
        .length;
    expect(parameters("proxy_grpc_call")).toBe(12);
    expect(parameters("proxy_grpc_stream")).toBe(9);
  });

  it("4: the callback for trailing metadata has a name that no host calls", async () => {
    const exports = await exportsOf("whole");
    expect(exports).toContain("proxy_on_grpc_receive_trailing_metadata");
    expect(exports).not.toContain("proxy_on_grpc_trailing_metadata");
  });

  it("5: the host's own functions reach nobody, and a body cannot be changed", async () => {
    const { plugin, lines, request: begin } = await inHost("whole");
    plugin.foreignCall(1, Buffer.from("x"));
    expect(lines()).toEqual(["foreign 1 x"]);
    const stream = begin("", ["x-body", "append"]);
    stream.requestBody("body");
    expect(stream.upstream.text).toBe("body+");
  });

  it("6: a property that is missing traps", () => {
    expect(result("missing-property")).toBe("null 1");
    expect(hostile.plugin.trap).toBeUndefined();
  });

  it("7: a filter that does nothing calls the host ten times for each request", async () => {
    expect(await importsOf("add-header")).toEqual(["env.proxy_add_header_map_value"]);
  });

  it("7: strings for the log are made although nobody wants them", async () => {
    const { request: begin, lines } = await inHost("hostile", { host: { logLevel: LogLevel.Error } });
    begin("log");
    expect(lines()).toEqual(["error"]);
  });

  it("8: a call-out logs its headers and body", async () => {
    const { request: begin, lines } = await inHost("whole", { host: { clusters: { auth: () => hold() } } });
    begin("call");
    expect(lines()).toEqual([]);
  });

  it("9: an answer for a stream that is gone runs its callback against another", async () => {
    const { host, request: begin, lines } = await inHost("whole", { host: { clusters: { auth: () => hold() } } });
    begin("call").complete();
    const other = begin("");
    host.calls[0]?.answer({});
    host.settle();
    expect(lines()).toEqual(["done"]);
    expect(other.request?.text("x-answered")).toBeUndefined();
  });

  it("10: a number that is not known traps, also the one that on_vm_start need not have", async () => {
    const module = await moduleOf("whole");
    const nothing = (): number => 1;
    const imports: Record<string, Record<string, () => number>> = {};
    for (const item of WebAssembly.Module.imports(module)) (imports[item.module] ??= {})[item.name] = nothing;
    const { exports } = new WebAssembly.Instance(module, imports);
    const functions = exports as Record<string, (...args: number[]) => unknown>;
    functions["_initialize"]?.();
    for (const [name, callback] of Object.entries(functions)) {
      if (!/^proxy_(on_(?!memory)|validate)/.test(name)) continue;
      expect([0, 1, undefined], name).toContain(callback(0, 0, 0, 0, 0));
    }
  });

  it("11: a list of headers makes several objects for each, and copies them byte by byte", async () => {
    const host = load(await fixtureBytes("hostile"));
    startPlugin(host, 1, "");
    const raw = Array.from({ length: 30 }, (_, index): [string, string] => [`x-raw-${index}`, "\xff".repeat(100)]);
    const pages = (): number => host.memory.buffer.byteLength / 65_536;
    request(host, 2, 1, [["x-do", "pairs"], ...raw]);
    expect(host.headers.get(0)?.filter(([name]) => name === "x-copy")).toHaveLength(30);
    const before = pages();
    for (let id = 3; id < 3000; ++id) request(host, id, 1, [["x-do", "pairs"], ...raw]);
    expect(pages()).toBe(before);
  });

  it("12: a result is read from where another one was", () => {
    expect(result("twice", ["x-first", "one"], ["x-second", "two"])).toBe("onetwoone");
  });

  it("12: the host finds malloc only under one of its names", async () => {
    expect(await exportsOf("add-header")).toEqual(expect.arrayContaining(["malloc", "proxy_on_memory_allocate"]));
  });

  it.each(["add-header", "whole", "hostile"])("13: a module imports what no proxy has: %s", async (name) => {
    for (const item of await importsOf(name)) {
      expect(item).toMatch(/^(env\.proxy_|wasi_snapshot_preview1\.(random_get|clock_time_get)$)/);
    }
  });

  it("14: a filter exports nothing unless it exports the SDK again", async () => {
    expect(await file("tests/fixtures/add-header.ts")).not.toMatch(/^export/m);
    expect(await exportsOf("add-header")).toContain("proxy_on_response_headers");
  });

  it("14: the package's entry is a file that is not in it", async () => {
    const { main, ascMain } = JSON.parse(await file("package.json")) as { main?: string; ascMain?: string };
    for (const entry of [main, ascMain]) expect(await file(entry ?? "index.ts")).toContain("registerPlugin");
  });

  it("15: much is there but not exported", async () => {
    const index = await file("index.ts");
    for (const name of [
      "nowNanoseconds",
      "callStatus",
      "logEnabled",
      "defineMetric",
      "HeaderMapType",
      "Bytes",
      "clearRouteCache",
    ]) {
      expect(index).toContain(name);
    }
    const context = (await file("context/context.ts")) + (await file("context/http-context.ts"));
    for (const method of ["finish()", "activate()", "closeRequest()"]) expect(context).toContain(method);
  });

  it("15: clearing the route cache imports a call that a module of this ABI cannot link", async () => {
    expect(await file("abi/imports.ts")).not.toContain("proxy_clear_route_cache");
  });

  it("16: what a callback may answer is not documented", async () => {
    const enums = await file("abi/enums.ts");
    for (const name of ["HeadersAction", "DataAction", "Action", "MetadataAction"]) {
      expect(enums).toMatch(new RegExp(`\\*/\\nexport enum ${name} `));
    }
  });

  it("an error of the host is thrown: a map that is not there, a property that cannot be set, an unknown function", () => {
    expect(result("no-map")).toBe("2 2 2 null");
    expect(result("set-property")).toBe("0");
    expect(result("body")).toMatch(/^\d+$/);
    expect(hostile.plugin.trap).toBeUndefined();
  });

  it("the name of the root id must be the filter's", async () => {
    const { plugin } = await inHost("add-header", { rootId: "anything" });
    const stream = plugin.stream();
    stream.requestHeaders();
    stream.responseHeaders([[":status", "200"]]);
    expect(stream.response?.text("hello")).toBe("world");
  });
});

describe("G-Core/proxy-wasm-sdk-as 1.2.3", () => {
  it("17: the end of a plugin traps, and a second plugin gets the first one's object", async () => {
    const first = await inHost("whole", { vmId: "one" });
    const second = first.host.load(new Uint8Array(await fixtureBytes("whole")), { vmId: "one", configuration: "tick" });
    first.plugin.close();
    expect(first.plugin.trap).toBeUndefined();
    expect(first.lines().slice(-2)).toEqual(["plugin done", "plugin delete"]);
    first.host.advance(30);
    expect(first.lines()).toEqual(["tick"]);
    expect(second.trap).toBeUndefined();
  });

  it("18: a function that the host does not know answers with the result of the call before", () => {
    expect(result("unknown-function")).toBe("known null 1");
  });

  it("19: the log goes to standard output, with a level of its own", async () => {
    const { host, request: begin } = await inHost("hostile", { host: { logLevel: LogLevel.Trace } });
    begin("log");
    const own = host.logs.filter(({ source }) => source === "module");
    expect(own.map(({ level, message }) => [level, message])).toEqual([
      [LogLevel.Trace, "trace"],
      [LogLevel.Error, "error"],
    ]);
    expect(await importsOf("hostile")).not.toContain("wasi_snapshot_preview1.fd_write");
  });

  it("20: a trap ends nothing and says nothing", async () => {
    expect(await file("runtime/abort.ts")).toContain("proxy_log");
  });

  it("21: the name that a plugin is registered under is ignored", async () => {
    const { plugin } = await inHost("named", { rootId: "french" });
    const stream = plugin.stream();
    stream.requestHeaders();
    expect(stream.request?.text("x-greeting")).toBe("bonjour");
  });

  it("22: a module carries what only a JavaScript host needs", async () => {
    const exports = await exportsOf("add-header");
    for (const name of ["__new", "__pin", "__unpin", "__collect", "__rtti_base"]) expect(exports).not.toContain(name);
  });
});
