import { expect, test } from "vitest";
import { Status } from "../abi/numbers.ts";
import { assemble } from "../fixtures/assemble.ts";
import { delay, hold } from "./clusters.ts";
import { createHost, type Host } from "./host.ts";

const ASKING = `
  let streams = new Map<i32, i32>();
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    const token = call(header(0, "x-cluster"), [":method", "GET", ":path", "/" + id.toString(), ":authority", "a"], "", 500);
    if (token < 0) { say("failed " + token.toString()); return 0; }
    streams.set(token, id);
    return 1;
  }
  export function proxy_on_http_call_response(id: i32, token: i32, n: i32, size: i32, nt: i32): void {
    const stream = streams.get(token);
    say(stream.toString() + " " + header(6, ":status") + " " + body(4));
    if (hostEffective(stream) != 0) { say("gone"); return; }
    setHeader(0, "x-answer", body(4));
    hostContinue(0);
  }
`;

function said(host: Host): string[] {
  return host.logs.filter((record) => record.source === "module").map((record) => record.message);
}

const asks = (cluster: string) =>
  ({
    requestHeaders: [
      [":method", "GET"],
      [":path", "/"],
      [":authority", "h"],
      ["x-cluster", cluster],
    ],
  }) as const;

test("an answer comes when time goes on, never inside the call", async () => {
  const host = createHost({
    clusters: { auth: ({ path }) => ({ body: `for ${path}` }), slow: () => delay(50, { body: "slow" }) },
  });
  const plugin = host.load(await assemble(ASKING));
  const first = plugin.stream(asks("slow"));
  const second = plugin.stream(asks("auth"));
  first.requestHeaders();
  second.requestHeaders();
  expect(host.calls.map((call) => call.cluster)).toEqual(["slow", "auth"]);
  host.settle();
  expect([first.paused.request, second.paused.request]).toEqual([true, false]);
  expect(second.upstream.headers?.text("x-answer")).toBe("for /3");
  host.advance(50);
  expect(first.upstream.ended).toBe(true);
  expect(host.calls).toEqual([]);
  expect(said(host)).toEqual(["3 200 for /3", "2 200 slow"]);
});

test("held calls are answered in any order, also after their stream's end", async () => {
  const host = createHost({ clusters: { auth: () => hold() } });
  const plugin = host.load(await assemble(ASKING));
  const streams = [plugin.stream(asks("auth")), plugin.stream(asks("auth"))];
  for (const stream of streams) stream.requestHeaders();
  host.settle();
  const [one, two] = host.calls;
  streams[0]?.complete();
  two?.answer({ status: 201, body: "b" });
  one?.answer({ status: 202, body: "a" });
  one?.answer({ status: 500 });
  expect(said(host)).toEqual(["3 201 b", "2 202 a", "gone"]);
  expect(host.requests.map((request) => request.path)).toEqual(["/2", "/3"]);
});

test("a call that is not answered in time is a 504", async () => {
  const host = createHost({ clusters: { auth: () => hold() } });
  const stream = host.load(await assemble(ASKING)).stream(asks("auth"));
  stream.requestHeaders();
  host.advance(499);
  expect(stream.paused.request).toBe(true);
  host.advance(1);
  expect(said(host)).toEqual(["2 504 upstream request timeout"]);
});

test("a fault makes the nth host call fail", async () => {
  const host = createHost({ clusters: { auth: () => hold() } });
  const plugin = host.load(await assemble(ASKING));
  host.fail("proxy_http_call", { status: Status.InternalFailure, nth: 2 });
  for (let index = 0; index < 3; index++) plugin.stream(asks("auth")).requestHeaders();
  expect(said(host)).toEqual(["failed -10"]);
  expect(host.calls).toHaveLength(2);
});

test("a malloc that gives nothing is InvalidMemoryAccess to the host call", async () => {
  const host = createHost();
  const plugin = host.load(
    await assemble(
      `export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { say(header(0, ":path")); return 0; }`,
    ),
  );
  host.fail("malloc");
  plugin.stream().requestHeaders();
  host.heal();
  plugin.stream().requestHeaders();
  expect(said(host)).toEqual(["status 6", "/"]);
});

test("only allowed capabilities answer", async () => {
  const host = createHost();
  const wasm = await assemble(
    `export function proxy_on_configure(id: i32, n: i32): i32 { say(hostTick(5).toString()); return 1; }`,
  );
  host.load(wasm, { allowedCapabilities: ["proxy_log", "proxy_on_configure"] });
  host.load(wasm, { allowedCapabilities: ["proxy_log"] });
  expect(said(host)).toEqual(["10"]);
});

test("a stream that is never resumed is reported when it ends", async () => {
  const host = createHost({ clusters: { auth: () => hold() } });
  const stream = host.load(await assemble(ASKING), { rootId: "asking" }).stream(asks("auth"));
  stream.requestHeaders();
  stream.complete();
  expect(host.logs.at(-1)?.message).toMatch(/paused by "asking" and never resumed/);
});

test("a plugin that is closed with open streams is reported", async () => {
  const host = createHost();
  const plugin = host.load(await assemble(ASKING));
  plugin.stream(asks("none")).requestHeaders();
  plugin.close();
  expect(host.logs.at(-1)?.message).toMatch(/closed while contexts 2 were still open/);
});
