import { describe, expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { puppet } from "../fixtures/puppet.ts";
import { scriptedClusters } from "../fixtures/scripted-clusters.ts";
import { createHost, type Host } from "./host.ts";

// What only a reader of Envoy's source would know is said where the test's author sees it.

const HEAD = ":method GET :path / :authority a";

async function played(configuration: string, drive = get): Promise<Host> {
  const host = createHost({ clusters: scriptedClusters });
  drive(host, await puppet(), configuration);
  return host;
}

function get(host: Host, wasm: Uint8Array<ArrayBuffer>, configuration: string): void {
  const stream = host.load(wasm, { rootId: "puppet", configuration }).stream();
  stream.requestHeaders();
  host.advance(100);
  if (stream.upstream.ended) {
    stream.responseHeaders(
      [
        [":status", "200"],
        ["content-length", "2"],
      ],
      { endOfStream: false },
    );
    stream.responseBody("hi");
  }
  stream.complete();
}

describe("a misuse is recorded with its reason and the way out", () => {
  test.each<[string, string, RegExp]>([
    ["never-resumed", "request_headers: return 1", /the request of stream 2 was paused by "puppet" and never resumed/],
    ["resumed-in-callback", "request_headers: resume 0", /the request of stream 2 was resumed by its own callback/],
    ["resumed-without-response", "request_headers: resume 1", /the response of stream 2 was resumed/],
    ["reply-in-log", "log: reply 403 a b", /proxy_send_local_response in the log phase/],
    ["reply-in-log", "log: close 0", /proxy_close_stream in the log phase/],
    ["incomplete-call", "request_headers: call ok 100 _ :method GET :path /", /proxy_http_call: .* lack :authority/],
    ["incomplete-call", `request_headers: call ok -1 _ ${HEAD}`, /a time-out of -1 ms is negative/],
    ["unknown-cluster", `request_headers: call none 100 _ ${HEAD}`, /there is no cluster "none"/],
    ["unreadable-pairs", "request_headers: many 0 1025", /1025 pairs are more than 1024/],
    ["upper-case-header", "request_headers: set 0 X-Up 1", /the header name "X-Up" in proxy_on_request_headers/],
    ["outside-callback", "request_headers: get 6 :status", /HttpCallResponseHeaders read in proxy_on_request_headers/],
    ["outside-callback", "request_headers: buf 4 0 9", /HttpCallResponseBody read in proxy_on_request_headers/],
    ["outside-callback", "request_headers: buf 7 0 9", /PluginConfiguration read in proxy_on_request_headers/],
    [
      "content-length",
      "response_body_end: edit 1 0 0 longer",
      /the response tells a content-length of 2 and has 8 bytes/,
    ],
    ["malloc-trap", "request_headers: malloc trap; get 0 :path", /the allocator trapped in .*malloc/],
  ])("%s: %s", async (kind, configuration, what) => {
    const host = await played(configuration);
    const found = host.misuses.filter((misuse) => misuse.kind === kind);
    expect(found).toEqual([expect.objectContaining({ what: expect.stringMatching(what), rootId: "puppet" })]);
    expect(found[0]?.why).not.toBe("");
    expect(
      host.logs.some((record) => record.source === "host" && record.message.includes(found[0]?.fix.slice(1) ?? "?")),
    ).toBe(true);
  });

  test("leaked-context", async () => {
    const host = await played("", (to, wasm) => {
      const plugin = to.load(wasm, { rootId: "puppet" });
      plugin.stream().requestHeaders();
      plugin.close();
    });
    expect(host.misuses).toEqual([expect.objectContaining({ kind: "leaked-context" })]);
  });

  test("start-section", async () => {
    const host = createHost();
    const wasm = await assemble(`const early = hostTick(5);`, "section");
    expect(() => host.load(wasm)).toThrow("--exportStart _initialize");
    expect(host.misuses).toEqual([expect.objectContaining({ kind: "start-section" })]);
  });

  test("before-start", async () => {
    const host = createHost();
    const wasm = await puppet();
    expect(() => host.load(wasm, { environment: { START: "tick 5" } })).toThrow("before the VM's start");
    expect(host.misuses).toEqual([expect.objectContaining({ kind: "before-start" })]);
  });
});

test.each([
  "request_headers: get 0 :path; set 0 x-a 1; all 0; size 0",
  "configure: buf 7 0 9",
  `request_headers: call ok 100 _ ${HEAD}; return 1\ncall: all 6; buf 4 0 9; all 7; effective stream; resume 0`,
  `request_headers: call cut 100 _ ${HEAD}; return 1\ncall: all 6; buf 4 0 9; effective stream; resume 0`,
  "request_headers: reply 403 no denied",
])("a sound filter has none: %s", async (configuration) => {
  expect((await played(configuration)).misuses).toEqual([]);
});
