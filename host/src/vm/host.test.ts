import { describe, expect, test } from "vitest";
import { LogLevel, MetricType } from "../abi/numbers.ts";
import type { Header } from "../core/header-map.ts";
import { assemble } from "../fixtures/assemble.ts";
import { createHost, type Host } from "./host.ts";

const REQUEST: readonly Header[] = [
  [":method", "GET"],
  [":path", "/reviews/1?full=1"],
  [":authority", "reviews"],
  ["x-user", "jason"],
  ["x-user", "second"],
];

/** What the module said, one line a log call. */
function said(host: Host): string[] {
  return host.logs.filter((record) => record.source === "module").map((record) => record.message);
}

describe("lifecycle", () => {
  test("callbacks come in Envoy's order with Envoy's arguments", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_context_create(id: i32, parent: i32): void { say("create " + id.toString() + " of " + parent.toString()); }
      export function proxy_on_vm_start(id: i32, size: i32): i32 { say("vm " + id.toString() + " " + size.toString()); return 1; }
      export function proxy_on_configure(id: i32, size: i32): i32 { hostBuffer(7, 0, size, OUT, OUT + 4); say("configure " + taken()); return 1; }
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { say("request " + n.toString() + " " + eos.toString()); return 0; }
      export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { say("response " + n.toString() + " " + eos.toString()); return 0; }
      export function proxy_on_done(id: i32): i32 { say("done " + id.toString()); return 1; }
      export function proxy_on_log(id: i32): void { say("log " + id.toString()); }
      export function proxy_on_delete(id: i32): void { say("delete " + id.toString()); }
    `);
    const stream = host
      .load(wasm, { configuration: "rules", vmConfiguration: "v" })
      .stream({ requestHeaders: REQUEST });
    stream.requestHeaders();
    stream.responseHeaders([[":status", "200"]], { endOfStream: false });
    stream.complete();
    expect(said(host)).toEqual([
      "create 1 of 0",
      "vm 1 1",
      "configure rules",
      "create 2 of 1",
      "request 5 1",
      "response 1 0",
      "log 2",
      "done 2",
      "delete 2",
    ]);
  });

  test("on_log may be the first callback of a context", async () => {
    const host = createHost();
    const plugin = host.load(
      await assemble(`export function proxy_on_log(id: i32): void { say(header(0, "x-user")); }`),
    );
    plugin.stream({ requestHeaders: REQUEST }).complete();
    expect(said(host)).toEqual(["jason"]);
  });

  test("a refused configuration is a problem of the plugin, not an exception", async () => {
    const wasm = await assemble(`export function proxy_on_configure(id: i32, n: i32): i32 { return 0; }`);
    const plugin = createHost().load(wasm);
    expect(plugin.problem).toBe("proxy_on_configure returned false");
    expect(() => plugin.stream()).toThrow("does not serve");
  });

  test("plugins of one vm_id and the same bytes share a VM, others do not", async () => {
    const host = createHost();
    const wasm = await assemble(
      `export function proxy_on_context_create(id: i32, p: i32): void { say(id.toString()); }`,
    );
    for (const vmId of ["a", "a", "b"]) host.load(wasm, { vmId });
    expect(said(host)).toEqual(["1", "2", "1"]);
  });
});

describe("header maps", () => {
  test("get, set, remove; the first of duplicates; missing and not-now are told apart", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
        say(header(0, "X-User")); say(header(0, "x-none")); say(header(2, ":status"));
        setHeader(0, "x-user", "one"); const k = utf8("x-gone"); hostRemove(0, at(k), k.byteLength);
        hostMapSize(0, OUT); say(load<i32>(OUT).toString());
        say(hostPairs(2, OUT, OUT + 4).toString() + " " + load<usize>(OUT).toString() + " " + load<i32>(OUT + 4).toString());
        return 0;
      }
      export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { say(header(0, "x-user")); return 0; }
    `);
    const stream = host.load(wasm).stream({ requestHeaders: [...REQUEST, ["x-gone", "1"]] });
    stream.requestHeaders();
    stream.responseHeaders([[":status", "200"]]);
    const bytes = ":methodGET:path/reviews/1?full=1:authorityreviewsx-userone".length;
    expect(said(host)).toEqual(["jason", "status 1", "status 2", String(bytes), "0 0 0", "status 2"]);
    expect(stream.request?.toArray().slice(3)).toEqual([["x-user", "one"]]);
  });

  test("results of no bytes cost no allocation, others one", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
        header(0, "x-empty"); say(mallocs.toString()); header(0, "x-user"); say(mallocs.toString()); return 0;
      }
    `);
    host
      .load(wasm)
      .stream({ requestHeaders: [...REQUEST, ["x-empty", ""]] })
      .requestHeaders();
    expect(said(host)).toEqual(["0", "1"]);
  });

  test("a pointer outside of the memory is InvalidMemoryAccess", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { say(hostGet(0, -8, 100, OUT, OUT + 4).toString()); return 0; }
    `);
    host.load(wasm).stream().requestHeaders();
    expect(said(host)).toEqual(["6"]);
  });
});

test("properties: given ones win, others follow from the stream, each encoded as Envoy does", async () => {
  const host = createHost({ properties: { node: { id: "sidecar~1" } } });
  const wasm = await assemble(`
    function text(path: string): void { say(property(path) == 0 ? taken() : "none"); }
    export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
      text("request\\0url_path"); text("request\\0headers\\0x-user"); text("xds\\0route_name"); text("node\\0id"); text("plugin_root_id"); text("xds\\0none");
      property("request\\0duration"); say(load<i32>(OUT + 4).toString() + " " + load<i64>(load<usize>(OUT)).toString());
      property("connection\\0mtls"); say(load<i32>(OUT + 4).toString() + " " + load<u8>(load<usize>(OUT)).toString());
      return 0;
    }
  `);
  const properties = { xds: { route_name: "default" }, request: { duration: 1_500_000n }, connection: { mtls: true } };
  host.load(wasm, { rootId: "r" }).stream({ requestHeaders: REQUEST, properties }).requestHeaders();
  expect(said(host)).toEqual(["/reviews/1", "jason,second", "default", "sidecar~1", "r", "none", "8 1500000", "1 1"]);
});

describe("local replies and resuming", () => {
  test("a local reply waits for the callback's end, and the callback's answer counts for nothing", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { reply(403, "denied by rule", "RBAC: access denied"); say(header(0, "x-user")); return 0; }
    `);
    const stream = host.load(wasm).stream({ requestHeaders: REQUEST });
    const body = new TextEncoder().encode("RBAC: access denied");
    const expected = { status: 403, details: "denied_by_rule", body, headers: [] };
    expect(stream.requestHeaders()).toEqual({ action: "pause", localReply: expected });
    expect(stream.localReply).toEqual(expected);
    expect(said(host)).toEqual(["jason"]);
  });

  test("a tick resumes a paused request; its headers are gone then", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_configure(id: i32, n: i32): i32 { hostTick(100); return 1; }
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { stream = id; return 1; }
      let stream: i32 = 0;
      let ticks: i32 = 0;
      export function proxy_on_tick(id: i32): void {
        ticks++;
        hostNow(OUT);
        say("tick " + (load<u64>(OUT) / 1000000 % 1000).toString());
        if (ticks == 2) { hostEffective(stream); say(header(0, "x-user")); hostContinue(0); hostTick(0); }
      }
      export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { say(header(0, "x-user")); return 0; }
    `);
    const stream = host.load(wasm).stream({ requestHeaders: REQUEST });
    expect(stream.requestHeaders()).toMatchObject({ action: "pause", returned: 1 });
    host.advance(150);
    expect(stream.paused.request).toBe(true);
    host.advance(500);
    expect(stream.paused.request).toBe(false);
    stream.responseHeaders([[":status", "200"]]);
    expect(said(host)).toEqual(["tick 100", "tick 200", "jason", "status 2"]);
  });

  test("a paused body is seen whole with its next chunk", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_request_body(id: i32, size: i32, eos: i32): i32 { hostBuffer(0, 0, 100, OUT, OUT + 4); say(taken()); return eos ? 0 : 1; }
    `);
    const stream = host.load(wasm).stream();
    stream.requestHeaders({ endOfStream: false });
    expect(stream.requestBody("ab", { endOfStream: false }).action).toBe("pause");
    expect(stream.requestBody("cd").action).toBe("continue");
    expect(said(host)).toEqual(["ab", "abcd"]);
  });
});

describe("less common ends", () => {
  test("a local reply from a tick ends a paused request", async () => {
    const host = createHost();
    const wasm = await assemble(`
      let stream: i32 = 0;
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { stream = id; hostTick(10); return 1; }
      export function proxy_on_tick(id: i32): void { hostTick(0); hostEffective(stream); reply(504, "late", ""); }
    `);
    const stream = host.load(wasm).stream();
    expect(stream.requestHeaders()).toMatchObject({ action: "pause" });
    expect(stream.localReply).toBeUndefined();
    host.advance(10);
    expect(stream.localReply).toMatchObject({ status: 504, details: "late" });
  });

  test("a reset stream is not called any more, but for its end", async () => {
    const host = createHost();
    const wasm = await assemble(`
      @external("env", "proxy_close_stream") declare function hostClose(t: i32): i32;
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { say("request " + hostClose(0).toString()); return 0; }
      export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { say("response"); return 0; }
      export function proxy_on_log(id: i32): void { say("log"); }
    `);
    const stream = host.load(wasm).stream();
    expect(stream.requestHeaders()).toEqual({ action: "pause", reset: true });
    expect(stream.responseHeaders([[":status", "200"]])).toEqual({ action: "pause" });
    stream.complete();
    expect(said(host)).toEqual(["request 0", "log"]);
  });

  test("a response is held back and resumed by itself", async () => {
    const host = createHost();
    const wasm = await assemble(`
      let stream: i32 = 0;
      export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { stream = id; hostTick(5); return 1; }
      export function proxy_on_tick(id: i32): void { hostTick(0); hostEffective(stream); setHeader(2, "x-late", "1"); hostContinue(1); }
    `);
    const stream = host.load(wasm).stream();
    stream.requestHeaders();
    stream.responseHeaders([[":status", "200"]]);
    expect(stream.paused).toEqual({ request: false, response: true });
    host.advance(5);
    expect(stream.paused).toEqual({ request: false, response: false });
    expect(stream.response?.text("x-late")).toBe("1");
  });

  test("a plugin that is closed ends its root context and ticks no more", async () => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_configure(id: i32, n: i32): i32 { hostTick(10); return 1; }
      export function proxy_on_tick(id: i32): void { say("tick"); }
      export function proxy_on_done(id: i32): i32 { say("done " + id.toString()); return 1; }
      export function proxy_on_delete(id: i32): void { say("delete " + id.toString()); }
    `);
    const plugin = host.load(wasm);
    host.advance(25);
    plugin.close();
    host.advance(100);
    expect(said(host)).toEqual(["tick", "tick", "done 1", "delete 1"]);
  });
});

test("shared data: compare and swap, per vm_id", async () => {
  const host = createHost();
  const wasm = await assemble(`
    @external("env", "proxy_get_shared_data") declare function hostShared(k: usize, kn: i32, v: usize, vn: usize, cas: usize): i32;
    @external("env", "proxy_set_shared_data") declare function hostShare(k: usize, kn: i32, v: usize, vn: i32, cas: i32): i32;
    export function proxy_on_configure(id: i32, n: i32): i32 {
      const k = utf8("key"), v = utf8("value");
      say("get " + hostShared(at(k), 3, OUT, OUT + 4, OUT + 8).toString());
      say("set " + [hostShare(at(k), 3, at(v), 5, 0), hostShare(at(k), 3, at(v), 5, 77)].join(" "));
      hostShared(at(k), 3, OUT, OUT + 4, OUT + 8);
      say(taken() + " " + hostShare(at(k), 3, at(v), 5, load<i32>(OUT + 8)).toString());
      return 1;
    }
  `);
  host.load(wasm, { vmId: "a" });
  host.load(wasm, { vmId: "b" });
  const once = ["get 1", "set 0 8", "value 0"];
  expect(said(host)).toEqual([...once, ...once]);
});

test("header pairs that Envoy cannot read empty the map, and the host says so", async () => {
  const host = createHost();
  const wasm = await assemble(`
    @external("env", "proxy_set_header_map_pairs") declare function hostSetPairs(map: i32, p: usize, n: i32): i32;
    export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 {
      store<i32>(OUT, 1); store<i32>(OUT + 4, 50); store<i32>(OUT + 8, 1);
      say(hostSetPairs(2, OUT, 12).toString());
      return 0;
    }
  `);
  const stream = host.load(wasm).stream();
  stream.requestHeaders();
  stream.responseHeaders([[":status", "200"]]);
  expect(said(host)).toEqual(["0"]);
  expect(stream.response?.count).toBe(0);
  expect(host.logs.some((record) => record.source === "host" && record.level === LogLevel.Error)).toBe(true);
});

describe("what goes wrong", () => {
  const TRAPPING = `
    function deepInside(): void { unreachable(); }
    export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { deepInside(); return 0; }
  `;

  test("a trap is a value that names the function; the stream fails closed, and the VM is lost", async () => {
    const plugin = createHost().load(await assemble(TRAPPING));
    const stream = plugin.stream();
    const step = stream.requestHeaders();
    expect(step).toMatchObject({ action: "pause", localReply: { status: 503, details: "wasm_fail_stream" } });
    expect(step.trap?.function).toContain("deepInside");
    expect(step.trap).toMatchObject({ callback: "proxy_on_request_headers", message: "unreachable" });
    expect(plugin.stream().requestHeaders().trap).toBe(step.trap);
  });

  test("with fail open the stream that lost the VM is answered, and later ones go on without it", async () => {
    const plugin = createHost().load(await assemble(TRAPPING), { failurePolicy: "open" });
    expect(plugin.stream().requestHeaders()).toMatchObject({ action: "pause", localReply: { status: 503 } });
    expect(plugin.stream().requestHeaders()).toEqual({ action: "continue" });
  });

  test("an import that no host has is named, with the way out", async () => {
    const source = `
      @external("env", "proxy_clear_route_cache") declare function clear(): i32;
      export function proxy_on_tick(id: i32): void { clear(); }
    `;
    const wasm = await assemble(source);
    expect(() => createHost().load(wasm)).toThrow(/env\.proxy_clear_route_cache \(gone since ABI 0\.2\.0/);
  });

  test.each([
    ["a cluster that there is not", [":method", "GET", ":path", "/", ":authority", "a"], /there is no cluster "c"/],
    ["no :authority", [":method", "GET", ":path", "/"], /headers lack :authority/],
  ])("proxy_http_call with %s is BadArgument, and explained", async (_, headers, message) => {
    const host = createHost();
    const wasm = await assemble(`
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { say(call("c", ${JSON.stringify(headers)}).toString()); return 0; }
    `);
    host.load(wasm).stream().requestHeaders();
    expect(said(host)).toEqual(["-2"]);
    expect(host.logs.find((record) => record.source === "host")?.message).toMatch(message);
  });

  test.each<[string, string, "_initialize" | "section", RegExp]>([
    [
      "a host call before the VM's start",
      "const m = hostDefine(0, 0, 0, OUT);",
      "_initialize",
      /proxy_define_metric may not be called before/,
    ],
    ["a host call in the start section", 'say("x");', "section", /start section/],
  ])("%s is refused", async (_, source, start, message) => {
    const wasm = await assemble(source, start);
    expect(() => createHost().load(wasm)).toThrow(message);
  });

  test("logging before the VM's start is allowed", async () => {
    const host = createHost();
    host.load(await assemble('say("early");'));
    expect(said(host)).toEqual(["early"]);
  });

  test.each([
    ["bytes that are no module", Uint8Array.of(1, 2, 3), /no WebAssembly module/],
    ["a module without an ABI version", Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), /proxy_abi_version_0_2_1/],
  ])("%s: refused", (_, bytes, message) => {
    expect(() => createHost().load(bytes)).toThrow(message);
  });
});

test("metrics follow Envoy's rules and are shared by name", async () => {
  const host = createHost();
  const wasm = await assemble(`
    function define(type: i32, name: string): i32 { const n = utf8(name); hostDefine(type, at(n), n.byteLength, OUT); return load<i32>(OUT); }
    export function proxy_on_configure(id: i32, n: i32): i32 {
      const c = define(0, "c"), g = define(1, "g"), h = define(2, "h");
      say([hostIncrement(c, 2), hostIncrement(c, 0), hostRecord(c, 3), hostIncrement(define(0, "c"), 1)].join(" "));
      say([hostIncrement(g, 5), hostIncrement(g, -7), hostRecord(g, 9)].join(" "));
      say([hostIncrement(h, 1), hostRecord(h, 4), hostRecord(400, 1)].join(" "));
      return 1;
    }
  `);
  host.load(wasm);
  expect(said(host)).toEqual(["0 2 0 0", "0 0 0", "2 0 1"]);
  expect(host.metrics.find("c")).toMatchObject({ type: MetricType.Counter, value: 6n });
  expect(host.metrics.find("g")?.value).toBe(9n);
  expect(host.metrics.find("h")?.samples).toEqual([4n]);
});

test("randomness and time are the same in every run", async () => {
  const wasm = await assemble(`
    export function proxy_on_configure(id: i32, n: i32): i32 { hostRandom(OUT, 8); say(load<u64>(OUT).toString()); hostNow(OUT); say(load<u64>(OUT).toString()); return 1; }
  `);
  const runs = [createHost(), createHost()].map((host) => {
    host.load(wasm);
    return said(host);
  });
  expect(runs[0]).toEqual(runs[1]);
});
