import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { puppet } from "../fixtures/puppet.ts";
import { scriptedClusters } from "../fixtures/scripted-clusters.ts";
import { parseTranscript, readEnvoyTrace, transcriptJson, type TranscriptEntry } from "../observe/index.ts";
import { createHost } from "./host.ts";
import { replay } from "./replay.ts";

const CALL =
  "configure: define 0 n; inc n 1\nrequest_headers: get 0 x-a; get 0 x-none; all 0; prop request|path; sset k v 0; sget k; call ok 100 _ :method GET :path / :authority a; return 1\ncall: get 6 :status; buf 4 0 9; effective stream; set 0 x-b 1; resume 0\ntick: now";

/** A recorded run, as it is read back from its file. */
async function recorded(configuration = CALL): Promise<readonly TranscriptEntry[]> {
  const host = createHost({ transcript: true, clusters: scriptedClusters });
  const stream = host.load(await puppet(), { configuration }).stream({
    requestHeaders: [
      [":path", "/"],
      ["x-a", Uint8Array.of(0xff, 0)],
    ],
  });
  stream.requestHeaders();
  host.advance(100);
  stream.complete();
  const parsed = parseTranscript(transcriptJson(host.transcript));
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.entries).toEqual(host.transcript);
  return parsed.entries;
}

describe("replay", () => {
  test("a module that does all as it did", async () => {
    expect(replay(await puppet(), await recorded())).toBeUndefined();
  });

  test("a trap that was recorded traps again", async () => {
    expect(replay(await puppet(), await recorded("request_headers: trap"))).toBeUndefined();
  });

  test("another answer leads to another call, and that is told", async () => {
    const entries = await recorded();
    const changed = entries.map((entry) =>
      entry.kind === "host call" && entry.name === "proxy_get_property"
        ? { ...entry, results: [new TextEncoder().encode("/other")] }
        : entry,
    );
    const difference = replay(await puppet(), changed);
    expect(difference?.expected).toContain("prop request|path = '/'");
    expect(difference?.actual).toContain("prop request|path = '/other'");
    expect(changed[difference?.at ?? -1]).toMatchObject({ kind: "host call", name: "proxy_log" });
  });

  test.each<[string, (entries: readonly TranscriptEntry[]) => readonly TranscriptEntry[], RegExp]>([
    ["a callback that is not the module's", (all) => all.map(renamed), /proxy_on_tock/],
    ["a result that is another", (all) => all.map(reversed), /request_headers -> 0/],
    ["a call that is missing", (all) => all.filter(({ name }) => name !== "proxy_set_shared_data"), /proxy_log/],
    ["an end that comes too early", (all) => all.slice(0, -1), /undefined/],
  ])("%s", async (_, change, expected) => {
    const configuration = `${CALL}\nlog: tick 5`;
    const entries = change([...(await recorded(configuration))]);
    const difference = replay(await puppet(), entries);
    expect(difference).toBeDefined();
    expect(String(difference?.expected)).toMatch(expected);
  });

  test("what Envoy's log does not tell can't be replayed", async () => {
    const log =
      "[t][1][trace][wasm] [vm->host] env.proxy_get_log_level(16)\n[t][1][trace][wasm] [vm<-host] env.proxy_get_log_level return: 0";
    const wasm = await puppet();
    expect(() => replay(wasm, readEnvoyTrace(log)[0]?.entries ?? [])).toThrow("proxy_get_log_level has given");
  });
});

function renamed(entry: TranscriptEntry): TranscriptEntry {
  return entry.name === "proxy_on_delete" ? { ...entry, name: "proxy_on_tock" } : entry;
}

function reversed(entry: TranscriptEntry): TranscriptEntry {
  return entry.kind === "return" && entry.name === "proxy_on_request_headers" ? { ...entry, value: 0 } : entry;
}

test.each([
  ["{", /^no JSON: /],
  ["{}", /it is a list/],
  ["[{}]", /^entry 1 is no callback/],
  ['[{"kind":"callback","vm":1,"name":"a","args":["1"],"rootId":""}]', /^entry 1 /],
  ['[{"kind":"host call","vm":1,"name":"a","args":[{}],"status":0,"results":[]}]', /^entry 1 /],
])("no transcript: %s", (text, error) => {
  expect(parseTranscript(text)).toEqual({ ok: false, error: expect.stringMatching(error) });
});

test("any value comes back from JSON", () => {
  const value = fc.oneof(fc.uint8Array(), fc.bigInt(), fc.integer());
  fc.assert(
    fc.property(fc.array(value), fc.array(value), (args, results) => {
      const entries: TranscriptEntry[] = [{ kind: "host call", vm: 1, name: "proxy_log", args, status: 0, results }];
      expect(parseTranscript(transcriptJson(entries))).toEqual({ ok: true, entries });
    }),
  );
});
