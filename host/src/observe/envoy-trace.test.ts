import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { modulesConfig, startEnvoyProcess } from "../envoy/index.ts";
import { assemble } from "../fixtures/assemble.ts";
import { envoyForTest } from "../fixtures/real-envoy.ts";
import { createHost } from "../vm/host.ts";
import { formatTranscript, outline, readEnvoyTrace, transcriptDifference, type TranscriptEntry } from "./index.ts";

const FILTER = `
  export function proxy_on_context_create(id: i32, parent: i32): void { }
  export function proxy_on_vm_start(id: i32, size: i32): i32 { return 1; }
  export function proxy_on_configure(id: i32, size: i32): i32 { say("configured"); return 1; }
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    say("user " + header(0, "x-user"));
    setHeader(0, "x-seen", "yes");
    hostTick(0);
    const n2 = utf8("seen");
    hostDefine(0, at(n2), n2.byteLength, OUT);
    hostIncrement(load<i32>(OUT), 3);
    if (header(0, "x-trap") == "1") unreachable();
    return 0;
  }
`;

test("lines of any log format, by thread", () => {
  const log = `
[2026-01-01 00:00:00.000][7][trace][wasm] [source/x.h:1] [host->vm] proxy_on_tick(1)
[2026-01-01 00:00:00.000][9][trace][wasm] [source/x.h:1] [host->vm] proxy_on_done(2)
[2026-01-01 00:00:00.000][7][trace][wasm] [source/x.h:1] [vm->host] env.proxy_increment_metric(4, -3)
[2026-01-01 00:00:00.000][7][trace][wasm] [source/x.h:1] [vm<-host] env.proxy_increment_metric return: 2
[2026-01-01 00:00:00.000][9][trace][wasm] [source/x.h:1] [host<-vm] proxy_on_done return: 1
[2026-01-01 00:00:00.000][7][trace][wasm] [source/x.h:1] [host<-vm] proxy_on_tick return: void
something else`;
  expect(readEnvoyTrace(log).map(({ thread, entries }) => [thread, formatTranscript(entries)])).toEqual([
    ["7", ["proxy_on_tick(1)", "  proxy_increment_metric(4, -3) -> BadArgument"]],
    ["9", ["proxy_on_done(2)", "  -> 1"]],
  ]);
  expect(readEnvoyTrace("trace|wasm|[host->vm] proxy_on_log(3)")[0]).toMatchObject({ thread: "" });
});

test("a real Envoy's log is the outline of the same run here", { timeout: 60_000 }, async ({ skip }) => {
  const { path } = await envoyForTest(skip);
  const wasm = await assemble(FILTER);
  const folder = mkdtempSync(join(tmpdir(), "sluice-trace-"));
  const logFile = join(folder, "envoy.log");
  const envoy = await startEnvoyProcess({
    binary: path,
    config: modulesConfig({ port: 0, modules: [{ wasm }] }),
    logFile,
    args: ["--component-log-level", "wasm:trace"],
  });
  try {
    const port = (await envoy.admin.listeners()).find(({ name }) => name === "modules")?.port ?? 0;
    await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-user": "jason" } });
    await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-trap": "1" } });
  } finally {
    await envoy.stop();
  }
  const traces = readEnvoyTrace(readFileSync(logFile, "utf8"));
  rmSync(folder, { recursive: true, force: true });

  const host = createHost({ transcript: true });
  const workers = host.workers(1, wasm);
  for (const [name, value] of [
    ["x-user", "jason"],
    ["x-trap", "1"],
  ] as const) {
    const stream = workers.stream({ requestHeaders: [[name, value]] });
    stream.requestHeaders();
    stream.complete();
  }
  // The main thread's has the canary and its own VM, before the worker's.
  const real = traces.flatMap(({ entries }) => entries);
  expect(traces).toHaveLength(2);
  expect(real.filter(({ kind, name }) => kind === "callback" && name === "proxy_on_configure")).toHaveLength(3);
  expect(transcriptDifference(counted(real), counted(outline(host.transcript)))).toBeUndefined();
});

/** How many headers there are is the client's and Envoy's business. */
function counted(entries: readonly TranscriptEntry[]): TranscriptEntry[] {
  return entries.map((entry) =>
    entry.kind === "callback" && entry.name === "proxy_on_request_headers"
      ? { ...entry, args: [entry.args[0] ?? 0, 0, 1] }
      : entry,
  );
}
