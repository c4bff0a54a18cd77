import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { delay } from "./clusters.ts";
import { createHost } from "./host.ts";

const FILTER = `
  let stream: i32 = 0;
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    stream = id;
    const m = header(0, "x-mode");
    setHeader(0, "x-seen", "1");
    if (m == "deny") reply(403, "no", "denied");
    if (m == "ask") { call("auth", [":method", "GET", ":path", "/", ":authority", "a"]); return 1; }
    if (m == "stuck") return 1;
    if (m == "reset") hostCloseStream(0);
    return 0;
  }
  export function proxy_on_http_call_response(id: i32, token: i32, n: i32, size: i32, nt: i32): void { hostEffective(stream); setHeader(0, "x-auth", body(4)); hostContinue(0); }
  export function proxy_on_request_body(id: i32, size: i32, eos: i32): i32 { if (!eos) return 1; setBody(0, 0, 0, "["); setBody(0, 1000000, 0, "]"); return 0; }
  export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { setHeader(2, "x-by", header(2, ":status")); return 0; }
  export function proxy_on_log(id: i32): void { say("log"); }
`;

const get = (mode: string): Request => new Request("http://shop/cart?a=1", { headers: { "x-mode": mode } });

describe("fetch", () => {
  test("a request goes through to the upstream, and back", async () => {
    const host = createHost();
    const plugin = host.load(await assemble(FILTER));
    const request = new Request("http://shop/cart?a=1", { method: "POST", body: "items" });
    const response = await plugin.fetch(request, {
      upstream: async (seen) =>
        new Response(`${seen.method} ${seen.url} ${seen.headers.get("x-seen")} ${await seen.text()}`, { status: 201 }),
    });
    expect([response.status, response.headers.get("x-by")]).toEqual([201, "201"]);
    expect(await response.text()).toBe("POST http://shop/cart?a=1 1 [items]");
    expect(host.logs.map((record) => record.message)).toEqual(["log"]);
  });

  test("a local reply is the response, and the upstream is not asked", async () => {
    const plugin = createHost().load(await assemble(FILTER));
    const response = await plugin.fetch(get("deny"), {
      upstream: () => {
        throw new Error("asked");
      },
    });
    expect([response.status, await response.text()]).toEqual([403, "denied"]);
    expect(response.headers.get("content-type")).toBe("text/plain");
  });

  test("host time goes on as far as a call-out needs", async () => {
    const host = createHost({ clusters: { auth: () => delay(250, { body: "ok" }) } });
    const plugin = host.load(await assemble(FILTER));
    const before = host.now();
    const response = await plugin.fetch(get("ask"), { upstream: (seen) => new Response(seen.headers.get("x-auth")) });
    expect(await response.text()).toBe("ok");
    expect(host.now() - before).toBe(250_000_000n);
  });

  test.each([
    ["stuck", /holds the message back/],
    ["reset", /has reset the stream/],
  ])("%s is an error", async (mode, message) => {
    const plugin = createHost().load(await assemble(FILTER));
    await expect(plugin.fetch(get(mode))).rejects.toThrow(message);
  });

  test("two filters see a request in order, its response in reverse", async () => {
    const wasm = await assemble(`
      export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { property("plugin_root_id"); const me = taken(); setHeader(0, "x-way", header(0, "x-way") + me); return 0; }
      export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { property("plugin_root_id"); const me = taken(); setHeader(2, "x-way", header(2, "x-way") + me); return 0; }
    `);
    const host = createHost();
    const chain = host.chain([host.load(wasm, { rootId: "a" }), host.load(wasm, { rootId: "b" })]);
    const response = await chain.fetch(new Request("http://h/", { headers: { "x-way": ">" } }), {
      upstream: (seen) => new Response(null, { headers: { "x-way": `${seen.headers.get("x-way")}<` } }),
    });
    expect(response.headers.get("x-way")).toBe(">ab<ba");
  });
});

test("how a body is cut never changes what a buffering filter makes of it", async () => {
  const plugin = createHost().load(await assemble(FILTER));
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 20 }), { maxLength: 6 }), (pieces) => {
      const stream = plugin.stream();
      stream.requestHeaders({ endOfStream: false });
      for (const piece of pieces) stream.requestBody(piece, { endOfStream: false });
      stream.requestBody("");
      stream.complete();
      expect(stream.upstream.text).toBe(`[${pieces.join("")}]`);
    }),
    { numRuns: 200 },
  );
});
