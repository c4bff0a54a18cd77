import { describe, expect, test } from "vitest";
import { LogLevel } from "../abi/numbers.ts";
import { HeaderMap } from "../core/header-map.ts";
import { assemble } from "../fixtures/assemble.ts";
import { createHost } from "../vm/host.ts";
// Registers the matchers, which is all that a test wants of it.
// oxlint-disable-next-line import/no-unassigned-import
import "./index.ts";

const FILTER = `
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    const m = header(0, "x-mode");
    say("mode " + m);
    if (m == "pause") return 1;
    if (m == "reply") reply(403, "x", "denied");
    if (m == "trap") unreachable();
    setHeader(0, "x-seen", "yes");
    return 0;
  }
`;

describe("matchers", () => {
  test.each([
    ["a HeaderMap", new HeaderMap([["X-A", "1"]])],
    ["Headers", new Headers({ "x-a": "1" })],
    ["a Response", new Response("", { headers: { "x-a": "1" } })],
  ])("toHaveHeader on %s", (_, headers) => {
    expect(headers).toHaveHeader("X-A");
    expect(headers).toHaveHeader("x-a", "1");
    expect(headers).toHaveHeader("x-a", /^\d$/);
    expect(headers).not.toHaveHeader("x-a", "2");
    expect(() => expect(headers).toHaveHeader("x-b")).toThrow(/expected header x-b in\n {2}.*x-a: 1/s);
  });

  test("steps: toPause, toContinue, toReply, toTrap; streams: toReply; hosts: toLog", async () => {
    const host = createHost();
    const wasm = await assemble(FILTER);
    const run = (mode: string) => {
      const stream = host.load(wasm, { vmId: mode }).stream({ requestHeaders: [["x-mode", mode]] });
      return { stream, step: stream.requestHeaders() };
    };
    expect(run("pause").step).toPause();
    const { stream, step } = run("go");
    expect(step).toContinue();
    expect(step).not.toReply(403);
    expect(stream.upstream).toHaveHeader("x-seen", "yes");
    const replied = run("reply");
    expect(replied.step).toReply(403, "denied");
    expect(replied.step).not.toPause();
    expect(replied.stream).toReply(403, /^den/);
    expect(() => expect(replied.step).toReply(401)).toThrow('expected reply 401; the reply was 403 "denied"');
    expect(() => expect(replied.step).toContinue()).toThrow('it replied 403 "denied"');
    expect(run("trap").step).toTrap("unreachable");
    expect(host).toLog("mode go");
    expect(host).toLog(/^mode t/, LogLevel.Info);
    expect(host).not.toLog("mode go", LogLevel.Error);
    expect(() => expect(host).toLog("nothing")).toThrow(/expected log nothing in\n {2}Info \(module\): mode pause/);
  });

  test("toReset, toHaveBody, toHaveMetric, toCallOut, toAllocate", async () => {
    const host = createHost({ clusters: { auth: () => ({ body: "yes" }) } });
    const wasm = await assemble(`
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
        if (n == 1) { hostCloseStream(0); return 1; }
        const name = utf8("seen");
        hostDefine(0, at(name), name.byteLength, OUT);
        hostIncrement(load<i32>(OUT), 3);
        call("auth", [":method", "GET", ":path", "/check?user=1", ":authority", "a"]);
        return 0;
      }
    `);
    const plugin = host.load(wasm);
    expect(plugin.stream({ requestHeaders: [["one", ""]] }).requestHeaders()).toReset();
    const stream = plugin.stream();
    expect(stream.requestHeaders({ endOfStream: false })).not.toReset();
    stream.requestBody("hello");
    expect(stream.upstream).toHaveBody("hello");
    expect(stream.upstream).toHaveBody(/^h/);
    expect(stream.upstream).toHaveBody(new TextEncoder().encode("hello"));
    expect(stream.upstream).not.toHaveBody("hell");
    expect(host).toHaveMetric("seen");
    expect(host).toHaveMetric("seen", 3);
    expect(host).not.toHaveMetric("seen", 4);
    expect(() => expect(host).toHaveMetric("unseen")).toThrow("expected metric unseen in\n  seen: 3");
    expect(host).toCallOut("auth");
    expect(host).toCallOut("auth", /^\/check/);
    expect(() => expect(host).toCallOut("auth", "/other")).toThrow("auth: GET /check?user=1");
    const idle = host.measure(() => {});
    expect(idle).toAllocate(0);
    const busy = host.measure(() => plugin.stream().requestHeaders());
    expect(busy).not.toAllocate(0);
    expect(() => expect(busy).toAllocate(0)).toThrow(/expected 0 allocations; there were \d+ of \d+ bytes/);
  });
});
