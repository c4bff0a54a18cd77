import { beforeAll, describe, expect, it } from "vitest";
import { delay, hold, reset, timeout } from "../../host/src/index.ts";
import type { Outcome } from "../../host/src/index.ts";
import { inHost } from "./in-host.ts";
import type { Bench } from "./in-host.ts";
import { fixtureBytes } from "./build-fixture.ts";

beforeAll(() => fixtureBytes("whole"), 120_000);

const bench = (outcome: Outcome): Promise<Bench> => inHost("whole", { host: { clusters: { auth: () => outcome } } });

function answer(tag: number, status: number, rest: Partial<Record<string, string>> = {}): string {
  const { ok = "false", name = "-", body = "", trailer = "-" } = rest;
  return `answer ${tag} status ${status} ok ${ok} late false name ${name} body ${body} trailer ${trailer} token true`;
}

describe("HTTP call-outs", () => {
  it("send method, path, authority, headers, body, trailers and time-out", async () => {
    const { host, request } = await bench(hold());
    request("call");
    expect(host.requests).toMatchObject([
      { cluster: "auth", method: "POST", path: "/first", authority: "auth.test", text: "who?", timeoutMs: 250 },
    ]);
    expect(host.requests[0]?.headers.text("x-id")).toBe("7");
    expect(host.requests[0]?.trailers?.text("t")).toBe("v");
  });

  it("GET / of the cluster's name, unless said otherwise", async () => {
    const { host } = await inHost("whole", { configuration: "call", host: { clusters: { auth: () => hold() } } });
    expect(host.requests).toMatchObject([{ method: "GET", path: "/plugin", authority: "auth", timeoutMs: 5000 }]);
  });

  it("bring the answer to the stream that asked, and host calls act on it", async () => {
    const reply = { headers: [["x-name", "a"]], body: "hi", trailers: [["x-trailer", "t"]] } as const;
    const { host, request, lines } = await bench(reply);
    const first = request("call");
    const second = request("none");
    expect(first.paused.request).toBe(true);
    host.settle();
    expect(lines()).toEqual([answer(1, 200, { ok: "true", name: "a", body: "hi", trailer: "t" })]);
    expect(first.paused.request).toBe(false);
    expect(first.request?.text("x-answered")).toBe("yes");
    expect(second.request?.text("x-answered")).toBeUndefined();
  });

  it.each<[string, Outcome, string, string]>([
    ["a reset", reset(), "503", "late false"],
    ["no answer at all", reset({ afterHeaders: true }), "0", "late false"],
    ["a time-out", timeout(), "504", "late true"],
  ])("report %s", async (_case, outcome, status, late) => {
    const { host, request, lines } = await bench(outcome);
    const stream = request("call");
    host.advance(300);
    expect(lines()).toEqual([expect.stringMatching(`^answer 1 status ${status} ok false ${late} `)]);
    expect(stream.paused.request).toBe(false);
  });

  it("that the host refuses are told at once, with the reason", async () => {
    const { request, lines } = await bench(hold());
    request("call-nowhere");
    expect(lines()).toEqual(["token 0 2"]);
  });

  it("run in parallel, and are told apart by their tags", async () => {
    const { host, request, lines } = await bench(hold());
    const stream = request("call-two");
    const [first, second] = host.calls;
    second?.answer({ body: "b" });
    host.settle();
    expect(stream.paused.request).toBe(true);
    first?.answer({ body: "a" });
    host.settle();
    expect(lines()).toEqual([answer(2, 200, { ok: "true", body: "b" }), answer(1, 200, { ok: "true", body: "a" })]);
    expect(stream.paused.request).toBe(false);
  });

  it("run one after the other", async () => {
    const { host, request, lines } = await bench(delay(5, { body: "x" }));
    const stream = request("call-then");
    host.advance(20);
    expect(lines()).toEqual([answer(1, 200, { ok: "true", body: "x" }), answer(3, 200, { ok: "true", body: "x" })]);
    expect(host.requests.map(({ path }) => path)).toEqual(["/first", "/then"]);
    expect(stream.paused.request).toBe(false);
  });

  it("may end in a local reply", async () => {
    const { host, request } = await bench({ status: 403 });
    const stream = request("call");
    host.settle();
    expect(stream.localReply).toMatchObject({ status: 403 });
  });

  it("are dropped when the stream is gone, also when its object serves another", async () => {
    const { host, plugin, request, lines } = await bench(hold());
    request("call").complete();
    const next = request("none");
    host.calls[0]?.answer({ body: "late" });
    host.settle();
    expect(lines()).toEqual(["done"]);
    expect(next.request?.text("x-answered")).toBeUndefined();
    expect(plugin.trap).toBeUndefined();
  });

  it("that nobody waits for are dropped", async () => {
    const { host, request, lines } = await bench({});
    request("call-forget");
    host.settle();
    expect(lines()).toEqual([]);
  });

  it("of a plugin bring the answer to the plugin", async () => {
    const { host, lines } = await inHost("whole", { configuration: "call", host: { clusters: { auth: () => ({}) } } });
    host.settle();
    expect(lines()).toEqual(["plugin answer 200"]);
  });
});

describe("a filter without a plugin", () => {
  it("exports no more than its callbacks", async () => {
    const module = new WebAssembly.Module(new Uint8Array(await fixtureBytes("single")));
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("proxy_on")).toSorted()).toEqual([
      "proxy_on_http_call_response",
      "proxy_on_memory_allocate",
      "proxy_on_request_headers",
      "proxy_on_response_headers",
    ]);
  });

  it("serves streams, and gets answers for the one that asked", async () => {
    const { host, request } = await inHost("single", { host: { clusters: { auth: () => hold() } } });
    const first = request("", ["x-call", "1"]);
    const second = request("", ["x-call", "1"]);
    const third = request("");
    expect([first, second, third].map((stream) => stream.paused.request)).toEqual([true, true, false]);
    host.calls[1]?.answer({});
    host.settle();
    expect(first.request?.text("x-called")).toBeUndefined();
    expect(second.request?.text("x-called")).toBe("1");
    second.responseHeaders([[":status", "200"]]);
    expect(second.response?.text("hello")).toBe("world");
    first.complete();
    host.calls[0]?.answer({});
    host.settle();
    expect(third.request?.text("x-called")).toBeUndefined();
  });
});
