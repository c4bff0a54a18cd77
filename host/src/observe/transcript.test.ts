import { expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import { createHost } from "../vm/host.ts";
import { formatTranscript } from "./index.ts";

const FILTER = `
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    say("path " + header(0, ":path") + " " + header(0, "x-none"));
    setHeader(0, "x-seen", "yes");
    property("request\\0method");
    hostPairs(0, OUT, OUT + 4);
    call("auth", [":method", "GET", ":path", "/check", ":authority", "a"]);
    reply(403, "no entry", "denied\\n");
    return 1;
  }
  export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { unreachable(); return 0; }
`;
const wasm = await assemble(FILTER);

test("a transcript is every crossing with its decoded arguments, the same in every run", () => {
  const lines = [1, 2].map(() => {
    const host = createHost({ transcript: true, clusters: { auth: () => ({}) } });
    host
      .load(wasm)
      .stream({
        requestHeaders: [
          [":method", "GET"],
          [":path", "/a"],
          ["bytes", Uint8Array.of(0xff)],
        ],
      })
      .requestHeaders();
    return formatTranscript(host.transcript);
  });
  expect(lines[0]).toEqual(lines[1]);
  expect(lines[0]?.filter((line) => !line.startsWith("_initialize") && !line.startsWith("malloc"))).toEqual([
    "proxy_on_request_headers(2, 3, 1)",
    '  proxy_get_header_map_value(HttpRequestHeaders, ":path") -> Ok "/a"',
    '  proxy_get_header_map_value(HttpRequestHeaders, "x-none") -> NotFound',
    '  proxy_log(Info, "path /a status 1") -> Ok',
    '  proxy_replace_header_map_value(HttpRequestHeaders, "x-seen", "yes") -> Ok',
    '  proxy_get_property("request.method") -> Ok "GET"',
    "  proxy_get_header_map_pairs(HttpRequestHeaders) -> Ok {:method: GET, :path: /a, bytes: \uFFFD, x-seen: yes}",
    '  proxy_http_call("auth", {:method: GET, :path: /check, :authority: a}, "", {}, 1000) -> Ok 1',
    '  proxy_send_local_response(403, "no entry", "denied\\n", {}, -1) -> Ok',
    "  -> 1",
    "proxy_on_response_headers(2, 3, 0)",
    expect.stringMatching(/^ {2}trap: unreachable/),
  ]);
});

test("without the option nothing is kept", () => {
  const host = createHost();
  host.load(wasm).stream().requestHeaders();
  expect(host.transcript).toEqual([]);
});
