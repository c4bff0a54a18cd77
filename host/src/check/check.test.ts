import binaryen from "assemblyscript/binaryen";
import { describe, expect, test } from "vitest";
import { WASI_MODULES } from "../abi/names.ts";
import { hostCalls } from "../core/calls/index.ts";
import { envoyForTest } from "../fixtures/real-envoy.ts";
import type { FunctionType } from "../wasm/index.ts";
import { CALLBACK_NAMES, callbackOf } from "./callbacks.ts";
import { checkBy } from "./check-by.ts";
import { WASI_TYPES } from "./check-imports.ts";
import { checkBytes, checkModule, RULES, validateInEnvoy } from "./index.ts";
import type { Finding, Rule } from "./index.ts";
import { importType } from "./signature.ts";
import { trial } from "./trial.ts";

/** A good module, in parts; each case replaces one of them, or adds to them. */
const GOOD = {
  imports: '(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))',
  memory: '(memory (export "memory") 1)',
  abi: '(func (export "proxy_abi_version_0_2_1"))',
  malloc: '(func (export "malloc") (param i32) (result i32) (i32.const 1024))',
  callback: '(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))',
  more: "",
};

/** What a real Envoy 1.40 does, in its mode `validate`, when it reads a configuration with the module. */
type Envoy = "loads" | "refuses";

interface Case {
  readonly name: string;
  readonly parts: Partial<typeof GOOD>;
  readonly finds: readonly [Finding["severity"], Rule, RegExp][];
  readonly envoy: Envoy;
}

const calls = (name: string, type: string): string => `(import "env" "${name}" (func $extra ${type}))`;
const loop = "(loop $again (br $again))";

const CASES: readonly Case[] = [
  { name: "nothing", parts: {}, finds: [], envoy: "loads" },
  {
    name: "no marker of the ABI",
    parts: { abi: "" },
    finds: [["error", "abi-version", /exports no proxy_abi_version_0_2_1/]],
    envoy: "refuses",
  },
  {
    name: "an ABI that nobody speaks",
    parts: { abi: '(func (export "proxy_abi_version_0_3_0"))' },
    finds: [["error", "abi-version", /is made for ABI 0\.3\.0; Envoy speaks 0\.1\.0, 0\.2\.0, 0\.2\.1/]],
    envoy: "refuses",
  },
  {
    name: "an import that nobody has",
    parts: { imports: calls("proxy_magic", "") },
    finds: [["error", "import-unknown", /imports env\.proxy_magic, which Envoy does not have/]],
    envoy: "refuses",
  },
  {
    name: "AssemblyScript's abort",
    parts: { imports: calls("abort", "(param i32 i32 i32 i32)") },
    finds: [["error", "import-unknown", /env\.abort/]],
    envoy: "refuses",
  },
  {
    name: "a host call of an older ABI",
    parts: { imports: calls("proxy_clear_route_cache", "(result i32)") },
    finds: [["error", "import-unknown", /env\.proxy_clear_route_cache/]],
    envoy: "refuses",
  },
  {
    name: "the same host call with that ABI",
    parts: {
      imports: calls("proxy_clear_route_cache", "(result i32)"),
      abi: '(func (export "proxy_abi_version_0_1_0"))',
      callback: '(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0))',
    },
    finds: [],
    envoy: "loads",
  },
  {
    name: "an import with another type",
    parts: { imports: '(import "env" "proxy_log" (func $log (param i32 i32) (result i32)))' },
    finds: [["error", "import-type", /proxy_log as \(i32, i32\) -> i32; Envoy has it as \(i32, i32, i32\) -> i32/]],
    envoy: "refuses",
  },
  {
    name: "an imported memory",
    parts: { memory: '(import "env" "memory" (memory 1))' },
    finds: [["warning", "import-memory", /imports the memory env\.memory: Envoy makes one/]],
    envoy: "loads",
  },
  {
    name: "an imported table",
    parts: { more: '(import "env" "table" (table 1 funcref))' },
    finds: [["warning", "import-memory", /imports the table env\.table: Envoy makes one/]],
    envoy: "loads",
  },
  {
    name: "an imported global",
    parts: { more: '(import "env" "base" (global i32))' },
    finds: [["error", "import-unknown", /imports the global env\.base; Envoy gives functions only/]],
    envoy: "refuses",
  },
  {
    name: "a file system that only fails",
    parts: { more: '(import "wasi_snapshot_preview1" "path_unlink_file" (func (param i32 i32 i32) (result i32)))' },
    finds: [["warning", "import-inert", /path_unlink_file: Envoy links it, and every call of it fails/]],
    envoy: "loads",
  },
  {
    name: "no exported memory",
    parts: { memory: "(memory 1)" },
    finds: [["error", "export-memory", /exports no memory: Envoy loads it, and crashes/]],
    envoy: "loads",
  },
  {
    name: "a memory under another name",
    parts: { memory: '(memory (export "heap") 1)' },
    finds: [["warning", "export-memory", /exports its memory as `heap`/]],
    envoy: "loads",
  },
  {
    name: "no allocator",
    parts: { malloc: "" },
    finds: [["error", "export-allocator", /exports neither malloc nor proxy_on_memory_allocate/]],
    envoy: "refuses",
  },
  {
    name: "the specification's allocator",
    parts: { malloc: '(func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))' },
    finds: [],
    envoy: "loads",
  },
  {
    name: "an allocator with another type",
    parts: { malloc: '(func (export "malloc") (param i64) (result i32) (i32.const 1024))' },
    finds: [["error", "callback-type", /exports malloc as \(i64\) -> i32; Envoy calls it as \(i32\) -> i32/]],
    envoy: "refuses",
  },
  {
    name: "a callback with another type",
    parts: { callback: '(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0))' },
    finds: [["error", "callback-type", /proxy_on_request_headers as \(i32, i32\) -> i32/]],
    envoy: "refuses",
  },
  {
    name: "a callback that nobody calls",
    parts: { more: '(func (export "proxy_on_grpc_trailing_metadata") (param i32 i32 i32))' },
    finds: [["warning", "callback-unknown", /proxy_on_grpc_trailing_metadata, which Envoy never calls/]],
    envoy: "loads",
  },
  {
    name: "no callback at all",
    parts: { callback: "" },
    finds: [["warning", "callback-none", /it loads and does nothing/]],
    envoy: "loads",
  },
  {
    name: "more memory than a VM may have",
    parts: { memory: '(memory (export "memory") 16385)' },
    finds: [["error", "memory-limit", /begins with 1024\.0625 MiB/]],
    envoy: "refuses",
  },
  {
    name: "a start section without host calls",
    parts: { more: "(func $init) (start $init)" },
    finds: [],
    envoy: "loads",
  },
  {
    name: "a start section that could call the host, and does not",
    parts: {
      more: "(func $say (drop (call $log (i32.const 2) (i32.const 0) (i32.const 0)))) (func $init (if (i32.const 0) (then (call $say)))) (start $init)",
    },
    finds: [["warning", "start-section", /can call env\.proxy_log: when it does, Envoy crashes/]],
    envoy: "loads",
  },
  {
    name: "a start section that calls the host",
    parts: {
      more: "(func $init (drop (call $log (i32.const 2) (i32.const 0) (i32.const 0)))) (start $init)",
    },
    finds: [["error", "start-section", /calls proxy_log: Envoy crashes as a whole/]],
    envoy: "refuses",
  },
  {
    name: "a host call before the VM's start that is not allowed there",
    parts: {
      imports: calls("proxy_set_tick_period_milliseconds", "(param i32) (result i32)"),
      more: '(func (export "_initialize") (drop (call $extra (i32.const 5))))',
    },
    finds: [["error", "trial-load", /proxy_set_tick_period_milliseconds may not be called before the VM's start/]],
    envoy: "refuses",
  },
  {
    name: "a trap at the start",
    parts: { more: '(func (export "_initialize") unreachable)' },
    finds: [["error", "trial-load", /_initialize trapped/]],
    envoy: "refuses",
  },
  {
    name: "a trap in the configuration",
    parts: { more: '(func $broken (export "proxy_on_configure") (param i32 i32) (result i32) unreachable)' },
    finds: [["error", "trial-trap", /proxy_on_configure traps: unreachable\n {2}at /]],
    envoy: "refuses",
  },
  {
    name: "a configuration that it refuses",
    parts: { more: '(func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 0))' },
    finds: [["warning", "trial-configure", /takes no empty configuration: proxy_on_configure returned false/]],
    envoy: "refuses",
  },
  {
    name: "a trap in a request",
    parts: { callback: '(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) unreachable)' },
    finds: [["error", "trial-trap", /proxy_on_request_headers traps: unreachable/]],
    envoy: "loads",
  },
  {
    name: "a trap in a request, and the callbacks of a network filter",
    parts: {
      callback: '(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) unreachable)',
      more: '(func (export "proxy_on_new_connection") (param i32) (result i32) (i32.const 0))',
    },
    finds: [["warning", "trial-trap", /^as an HTTP filter it would fail: proxy_on_request_headers traps/]],
    envoy: "loads",
  },
  {
    name: "a trap in a connection, and the callbacks of an HTTP filter",
    parts: { more: '(func (export "proxy_on_new_connection") (param i32) (result i32) unreachable)' },
    finds: [["warning", "trial-trap", /^as a network filter it would fail: proxy_on_new_connection traps/]],
    envoy: "loads",
  },
  {
    name: "a trap in a connection, and nothing else",
    parts: { callback: '(func (export "proxy_on_new_connection") (param i32) (result i32) unreachable)' },
    finds: [["error", "trial-trap", /^proxy_on_new_connection traps/]],
    envoy: "loads",
  },
  {
    name: "a trap at its end",
    parts: {
      more: '(func (export "proxy_on_done") (param i32) (result i32) (if (i32.eq (local.get 0) (i32.const 1)) (then unreachable)) (i32.const 1))',
    },
    finds: [["warning", "trial-trap", /^when it is taken down, it would fail: proxy_on_done traps/]],
    envoy: "loads",
  },
  {
    // Envoy finds out with the first stream.
    name: "no plugin without a name",
    parts: { more: '(func (export "proxy_on_context_create") (param i32 i32) unreachable)' },
    finds: [["error", "trial-trap", /^proxy_on_context_create traps/]],
    envoy: "loads",
  },
  {
    name: "a request that never ends",
    parts: {
      callback: `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) ${loop} (i32.const 0))`,
    },
    finds: [["error", "trial-trap", /proxy_on_request_headers traps/]],
    envoy: "loads",
  },
  {
    name: "memory that grows with each stream",
    parts: {
      callback:
        '(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (drop (memory.grow (i32.const 200))) (i32.const 0))',
    },
    finds: [["warning", "trial-limits", /grew by 25 MiB/]],
    envoy: "loads",
  },
];

function assemble(parts: Partial<typeof GOOD>): Uint8Array<ArrayBuffer> {
  const { imports, memory, abi, malloc, callback, more } = { ...GOOD, ...parts };
  // Imports come first in the text format.
  const isImport = (text: string): boolean => text.startsWith("(import");
  const [first, rest] = [[imports, memory, more].filter(isImport), [memory, more].filter((text) => !isImport(text))];
  const module = binaryen.parseText(`(module ${[...first, ...rest, abi, malloc, callback].join("\n")})`);
  const bytes = Uint8Array.from(module.emitBinary());
  module.dispose();
  return bytes;
}

describe("a module with", () => {
  test.each(CASES)("$name", async ({ parts, finds }) => {
    const bytes = assemble(parts);
    const report = await checkBy(bytes, () => trial(bytes, { instructions: 1_000_000 }));
    const found = report.findings.map(({ severity, rule, message }) => [severity, rule, message]);
    expect(found).toEqual(finds.map(([severity, rule, message]) => [severity, rule, expect.stringMatching(message)]));
    expect(report.ok).toBe(finds.every(([severity]) => severity === "warning"));
  });

  test.each<[string, Uint8Array<ArrayBuffer>, Rule]>([
    ["no bytes", new Uint8Array(), "not-wasm"],
    ["a text in its place", new TextEncoder().encode("<html>not found</html>"), "not-wasm"],
    ["half of it missing", assemble({}).slice(0, 60), "not-wasm"],
    ["code that is not valid", invalid(), "invalid"],
  ])("%s", async (_name, bytes, rule) => {
    const report = await checkModule(bytes);
    expect(report).toMatchObject({ ok: false, tried: false, findings: [{ severity: "error", rule }] });
  });

  test("all well is told by the thread, too", async () => {
    expect(await checkModule(assemble({}))).toEqual({ ok: true, findings: [], tried: true });
  });

  test("a start that never ends is stopped by its instructions", async () => {
    const bytes = assemble({ more: `(func $init ${loop}) (start $init)` });
    const report = await checkBy(bytes, () => trial(bytes, { instructions: 1_000_000 }));
    expect(report).toMatchObject({ ok: false, findings: [{ rule: "trial-load" }] });
  });

  test("a trial that takes too long is ended from outside", async () => {
    const report = await checkModule(assemble({}), { timeLimitMs: 1 });
    expect(report).toMatchObject({ ok: false, findings: [{ rule: "trial-limits" }] });
  });

  test("a configuration that it refuses is an error once it was given", async () => {
    const picky = CASES.find(({ name }) => name === "a configuration that it refuses");
    const bytes = assemble(picky?.parts ?? {});
    const report = await checkBy(bytes, () => trial(bytes, { configuration: "{}" }));
    expect(report).toMatchObject({ ok: false, findings: [{ severity: "error", rule: "trial-configure" }] });
  });
});

test("no rule is without a case", () => {
  const covered = CASES.flatMap(({ finds }) => finds.map(([, rule]) => rule));
  expect(
    Object.keys(RULES)
      .filter((rule) => !covered.some((one) => one === rule))
      .toSorted(),
  ).toEqual(["invalid", "not-wasm"]);
});

test("a real Envoy agrees with each verdict", { timeout: 120_000 }, async ({ skip }) => {
  const { path } = await envoyForTest(skip);
  const verdicts = await Promise.all(
    CASES.map(async ({ name, parts }): Promise<[string, Envoy]> => {
      const { accepted } = await validateInEnvoy(path, assemble(parts));
      return [name, accepted ? "loads" : "refuses"];
    }),
  );
  expect(verdicts).toEqual(CASES.map(({ name, envoy }) => [name, envoy]));
});

test(
  "a real Envoy has every import and callback that the checks know, with its type",
  { timeout: 60_000 },
  async ({ skip }) => {
    const { path } = await envoyForTest(skip);
    const typed = ({ params, results }: FunctionType): string =>
      `${params.length > 0 ? `(param ${params.join(" ")})` : ""} ${results.length > 0 ? `(result ${results.join(" ")})` : ""}`;
    const imports = [
      ...Object.entries(hostCalls).map(([name, call]) => ["env", name, importType(call)] as const),
      ...WASI_MODULES.flatMap((from) => Object.entries(WASI_TYPES).map(([name, type]) => [from, name, type] as const)),
    ].map(([from, name, type]) => `(import "${from}" "${name}" (func ${typed(type)}))`);
    const callbacks = CALLBACK_NAMES.map((name) => {
      const type = callbackOf(name, "0.2.1")?.type ?? { params: [], results: [] };
      return `(func (export "${name}") ${typed(type)} ${type.results.length > 0 ? "(i32.const 1)" : ""})`;
    });
    const bytes = assemble({ imports: imports.join("\n"), callback: callbacks.join("\n") });
    expect(checkBytes(bytes)).toEqual([]);
    expect(await validateInEnvoy(path, bytes)).toEqual({ accepted: true, words: [] });
  },
);

/** A function that returns an i64 where it says i32. */
function invalid(): Uint8Array<ArrayBuffer> {
  const bytes = assemble({});
  // The constant 1024 of malloc: i32.const (0x41) becomes i64.const (0x42).
  const at = Buffer.from(bytes).indexOf(Buffer.from([0x41, 0x80, 0x08]));
  bytes[at] = 0x42;
  return bytes;
}
