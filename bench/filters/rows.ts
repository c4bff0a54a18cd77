import { bufferFilter, luaFilter } from "../kit/envoy-filters.ts";
import { type LoadResult, sendLoad } from "@sluice/host/measure";
import { headerAndRbac } from "../kit/native.ts";
import type { PeerName } from "../kit/peers.ts";
import { sendUploads } from "../kit/upload.ts";

/** Something that a filter does, written in every way that is compared. */
export interface Row {
  /** The sources' name in bench/peers. */
  readonly filter: string;
  readonly title: string;
  readonly lua: object;
  /** Envoy's own filters that do the same, where it has such. */
  readonly native?: readonly object[];
  /** Filters that all ways have behind them. */
  readonly behind: readonly object[];
  /** Other modules to set beside these. */
  readonly more: readonly { readonly peer: PeerName; readonly filter: string; readonly title: string }[];
  /** Requests a round, for each that the command line asks for: a body costs more than a header. */
  readonly share: number;
  /** In place of what the command line asks for: a filter that collects a body hands it on whole to the copies behind it. */
  readonly copies?: number;
  readonly send: (port: number, requests: number, connections: number) => Promise<LoadResult>;
}

const get = (headers: readonly string[]): string => ["GET / HTTP/1.1", "host: bench", ...headers, "", ""].join("\r\n");
const expect = "HTTP/1.1 200";

/** 30 as the filter sees them: Envoy adds `:scheme`, `x-forwarded-proto` and `x-request-id` to these and to method, path and host. */
const manyHeaders = Array.from(
  { length: 24 },
  (_, index) => `x-header-${String(index).padStart(2, "0")}: value-${index * 7}`,
);

export const ROWS: readonly Row[] = [
  {
    filter: "one-header",
    title: "read one request header, deny on a value, set one response header",
    lua: luaFilter(`
      function envoy_on_request(handle)
        if handle:headers():get("x-user") == "mallory" then
          handle:respond({[":status"] = "403"}, "denied")
        end
      end
      function envoy_on_response(handle)
        handle:headers():replace("x-bench", "1")
      end`),
    native: headerAndRbac,
    behind: [],
    more: [
      { peer: "raw", filter: "nothing", title: "Wasm that does nothing" },
      { peer: "ours", filter: "one-header-streams", title: "ours, an object for each stream" },
    ],
    share: 1,
    send: (port, requests, connections) =>
      sendLoad({ port, request: get(["x-user: alice"]), expect, requests, connections }),
  },
  {
    filter: "all-headers",
    title: "read a map of 30 headers whole",
    lua: luaFilter(`
      function envoy_on_request(handle)
        local size = 0
        for name, value in pairs(handle:headers()) do size = size + #name + #value end
        if size >= 60000 then handle:respond({[":status"] = "431"}, "too large") end
      end`),
    behind: [],
    more: [],
    share: 1,
    send: (port, requests, connections) => sendLoad({ port, request: get(manyHeaders), expect, requests, connections }),
  },
  {
    filter: "body",
    title: "read a body of 64 KB in 16 chunks",
    lua: luaFilter(`
      function envoy_on_request(handle)
        for chunk in handle:bodyChunks() do
          local size = chunk:length()
          if size > 0 and chunk:getBytes(0, size):byte(1) == 0 then
            handle:respond({[":status"] = "400"}, "zero byte")
          end
        end
      end`),
    behind: [bufferFilter],
    more: [],
    share: 0.2,
    send: (port, requests, connections) => sendUploads({ port, requests, connections, chunks: 16, chunkSize: 4096 }),
  },
  {
    filter: "body-whole",
    title: "collect a body of 64 KB in 16 chunks, and read it once",
    lua: luaFilter(`
      function envoy_on_request(handle)
        local body = handle:body()
        if body ~= nil and body:getBytes(0, body:length()):byte(1) == 0 then
          handle:respond({[":status"] = "400"}, "zero byte")
        end
      end`),
    behind: [bufferFilter],
    more: [],
    share: 0.2,
    copies: 1,
    send: (port, requests, connections) => sendUploads({ port, requests, connections, chunks: 16, chunkSize: 4096 }),
  },
];
