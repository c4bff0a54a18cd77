import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startEnvoyProcess } from "../envoy/process.ts";
import { assemble } from "../fixtures/assemble.ts";
import { directResponse, wasmFilter } from "../fixtures/envoy-config.ts";
import { envoyForTest } from "../fixtures/real-envoy.ts";
import { createHost } from "./host.ts";

const PORT = 20560;

/** Asks for everything at every moment, and says what it gets: the transcript of a host's answers. */
const PROBE = `
  function define(type: i32, name: string): i32 { const n = utf8(name); hostDefine(type, at(n), n.byteLength, OUT); return load<i32>(OUT); }
  function order(): string {
    hostPairs(0, OUT, OUT + 4);
    const from = load<usize>(OUT), count = load<i32>(from);
    let text = "order", at: usize = from + 4 + count * 8;
    for (let i = 0; i < count; i++) {
      const k = load<i32>(from + 4 + i * 8), v = load<i32>(from + 8 + i * 8);
      const name = String.UTF8.decodeUnsafe(at, k);
      if (name.startsWith("x-test") || name == "x-multi") text += " " + name + "=" + String.UTF8.decodeUnsafe(at + k + 1, v);
      at += k + v + 2;
    }
    return text;
  }
  function buffers(): string {
    let all = "buffers";
    for (let t = 0; t < 10; t++) all += " " + hostBuffer(t, 0, 100, OUT, OUT + 4).toString();
    return all;
  }
  function maps(): string {
    let all = "maps";
    for (let t = 0; t < 4; t++) all += " " + header(t, "none") + "/" + hostPairs(t, OUT, OUT + 4).toString();
    return all;
  }
  function sizes(): string {
    let all = "sizes";
    for (let t = 1; t < 10; t++) all += " " + hostMapSize(t, OUT).toString();
    return all;
  }
  function properties(): string {
    let all = "properties";
    const paths = ["", "nope", "request", "request\\0nope", "request\\0path", "request\\0path\\0", "request\\0query", "request\\0referer",
      "request\\0headers", "request\\0headers\\0x-user", "request\\0headers\\0none", "request\\0duration", "request\\0time", "response\\0code", "plugin_root_id"];
    for (let i = 0; i < paths.length; i++) all += " " + property(paths[i]).toString();
    return all;
  }
  export function proxy_on_configure(id: i32, n: i32): i32 {
    const c = define(0, "c"), g = define(1, "g"), h = define(2, "h"), again = define(0, "c");
    say("metrics " + [c, g, h, again, hostDefine(7, 0, 0, OUT)].join(" "));
    say("counter " + [hostIncrement(c, 2), hostIncrement(c, 0), hostRecord(c, 3), hostIncrement(again, 1)].join(" "));
    say("gauge " + [hostIncrement(g, 5), hostIncrement(g, -7), hostRecord(g, 9)].join(" "));
    say("histogram " + [hostIncrement(h, 1), hostRecord(h, 4)].join(" "));
    for (let unknown = 400; unknown < 404; unknown++) say("unknown " + hostIncrement(unknown, 1).toString() + " " + hostRecord(unknown, 1).toString());
    say("root " + [hostEffective(99), hostEffective(id), hostContinue(0), hostContinue(2), hostContinue(3), hostContinue(9), hostLog(9, 0, 0)].join(" "));
    say(maps()); say(sizes()); say(properties());
    say("buffers " + [hostBuffer(6, 0, 9, OUT, OUT + 4), hostBuffer(7, 0, 9, OUT, OUT + 4), hostBuffer(7, 9, -1, OUT, OUT + 4), hostBuffer(99, 0, 9, OUT, OUT + 4)].join(" "));
    say("reply " + reply(200, "x", "y").toString());
    return 1;
  }
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    say("REQUEST " + eos.toString() + " " + header(0, "X-User"));
    say(maps()); say(sizes()); say(buffers()); say(properties());
    say("write " + [setHeader(0, "x-user", "one"), setHeader(1, "a", "b"), setHeader(2, "a", "b"), setHeader(9, "a", "b")].join(" "));
    const multi = utf8("X-Multi"), one = utf8("1"), two = utf8("2"), none = utf8("x-none");
    say("add " + [hostAdd(0, at(multi), 7, at(one), 1), hostAdd(0, at(multi), 7, at(two), 1), hostRemove(0, at(none), 6)].join(" ") + " " + header(0, "x-multi"));
    say("now " + header(0, "x-user"));
    setHeader(0, "x-test-a", "1"); setHeader(0, "x-test-b", "2"); setHeader(0, "x-test-a", "3"); setHeader(0, "x-multi", "4"); say(order());
    const mode = header(0, "x-mode");
    if (mode == "reply") say("reply " + reply(403, "first", "no").toString() + " " + reply(404, "second", "never").toString());
    if (mode == "resume") { say("resume " + hostContinue(0).toString() + " " + header(0, "x-user")); return 1; }
    return 0;
  }
  export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 {
    say("RESPONSE " + eos.toString() + " " + header(0, "x-user") + " " + header(2, ":status"));
    say(maps()); say(sizes()); say(properties());
    property("response\\0code"); say("code " + load<i64>(load<usize>(OUT)).toString());
    say("write " + [setHeader(0, "a", "b"), setHeader(2, "a", "b"), setHeader(3, "a", "b")].join(" "));
    return 0;
  }
  export function proxy_on_response_body(id: i32, n: i32, eos: i32): i32 {
    say("BODY " + n.toString() + " " + eos.toString() + " " + header(2, ":status")); say(buffers());
    hostBuffer(1, 1, 100, OUT, OUT + 4); say("clamped " + taken()); hostBuffer(1, 50, 1, OUT, OUT + 4); say("behind " + load<i32>(OUT + 4).toString());
    return 0;
  }
  export function proxy_on_done(id: i32): i32 { say("DONE"); say(maps()); say(properties()); return 1; }
  export function proxy_on_log(id: i32): void {
    say("LOG " + header(0, "x-user") + " " + header(2, ":status")); say(maps()); say(buffers()); say(properties());
    say("write " + [setHeader(0, "a", "b"), setHeader(2, "a", "b")].join(" "));
  }
  export function proxy_on_delete(id: i32): void { say("DELETE"); say(maps()); }
`;

const MODES = ["go", "reply", "resume"] as const;
const ROOT_ID = "probe";

function inHost(wasm: Uint8Array<ArrayBuffer>): string[] {
  const host = createHost();
  const plugin = host.load(wasm, { rootId: ROOT_ID });
  for (const mode of MODES) {
    const request = {
      ":method": "GET",
      ":path": "/x?y=1",
      ":scheme": "http",
      ":authority": "h",
      "x-user": "jason",
      "x-mode": mode,
    };
    const stream = plugin.stream({ requestHeaders: Object.entries(request) });
    stream.requestHeaders();
    stream.responseHeaders([[":status", "200"]], { endOfStream: false });
    stream.responseBody("hi");
    stream.complete();
  }
  return host.logs.filter((record) => record.source === "module").map((record) => record.message);
}

async function inEnvoy(wasm: Uint8Array<ArrayBuffer>, binary: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-parity-"));
  const config = directResponse(PORT, [wasmFilter(wasm, ROOT_ID, "")]);
  const envoy = await startEnvoyProcess({ binary, config, logFile: join(folder, "envoy.log") });
  try {
    for (const mode of MODES) {
      await (await fetch(`http://127.0.0.1:${PORT}/x?y=1`, { headers: { "x-user": "jason", "x-mode": mode } })).text();
    }
    // on_delete comes after the client has its answer.
    for (let tries = 0; tries < 100 && envoy.logs().split(": DELETE").length <= MODES.length; tries++) await sleep(20);
    await envoy.stop();
    const said = envoy.logs().matchAll(/ wasm log[^:]*: (.*)/g);
    const lines = [...said].map((match) => match[1] ?? "");
    // Envoy configures in its main thread and as a canary, too; the worker's is the one that the requests follow.
    const first = lines.findIndex((line) => line.startsWith("REQUEST"));
    const configured = lines.slice(0, first).findLastIndex((line) => line.startsWith("metrics"));
    // When it stops, its root contexts end as well.
    const deleted = lines.flatMap((line, index) => (line === "DELETE" ? [index] : []));
    return lines.slice(configured, (deleted[MODES.length - 1] ?? lines.length) + 2);
  } finally {
    await envoy.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

test("the host answers a probe in every callback as a real Envoy does", { timeout: 60_000 }, async ({ skip }) => {
  const { path } = await envoyForTest(skip);
  const wasm = await assemble(PROBE);
  expect(inHost(wasm)).toEqual(await inEnvoy(wasm, path));
});
