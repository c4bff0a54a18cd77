import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as asc from "assemblyscript/asc";
import { compile } from "../../cli/src/build/compile.ts";
import type { CompileOutcome } from "../../cli/src/build/compile.ts";
import { formatBuildDiagnostic } from "../../cli/src/build/index.ts";
import { load, request, startPlugin } from "./harness.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const COMPILES = 20_000;

/** A filter whose lines 3 on are `top`, followed by a request callback that begins with `body`. */
function filterOf(body: string, top = ""): string {
  return `import * as sdk from "proxy-wasm-assemblyscript-sdk";
import { Bytes, CallResponse, Counter, HeadersAction, HttpContext, JsonReader, LogLevel, PluginContext, RequestProperties, getProperty, log, logEnabled, registerPlugin, requestHeaders, requestBody, utf8 } from "proxy-wasm-assemblyscript-sdk";
${top}
class Stream extends HttpContext {
  text: string = "";
  kept: Bytes | null = null;
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
${body}
    return HeadersAction.Continue;
  }
}
class Plugin extends PluginContext {
  createHttpContext(): HttpContext | null {
    return new Stream();
  }
}
registerPlugin(() => new Plugin());
`;
}

/** Where `body` begins, when `top` has one line. */
const LINE = 8;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "transform-test-"));
  await symlink(path.join(repository, "node_modules"), path.join(root, "node_modules"));
  await symlink(path.join(repository, "asconfig.json"), path.join(root, "asconfig.json"));
  await mkdir(path.join(root, "filter"));
});

afterAll(() => rm(root, { recursive: true }));

/** Without the build's worker thread and cache: asc is loaded once for all of these. */
async function build(source: string): Promise<CompileOutcome> {
  const entry = path.join(root, "filter/index.ts");
  await writeFile(entry, source);
  const configFile = path.join(root, "asconfig.json");
  return compile(asc, { root, entry, configFile, target: "debug", outName: "module.wasm" });
}

/** What is wrong with a filter, a line each, as `line:column message`. */
async function problemsOf(source: string): Promise<string[]> {
  const { diagnostics } = await build(source);
  return diagnostics.map((diagnostic) =>
    formatBuildDiagnostic(diagnostic).replace(/^filter\/index\.ts:(\d+:\d+): error [A-Z]+\d+: /, "$1 "),
  );
}

const EMPTY = "an empty string counts as true here, other than in JavaScript";
const KEPT = "would keep bytes that are gone when the callback returns: keep a copy, .toArray() or .copy()";
const CLOSURE = "no closures in AssemblyScript:";
const CLOSURE_WAY = "pass it as a parameter, or make a class with a field and a method of it";

describe("what TypeScript's syntax promises and AssemblyScript does not keep", () => {
  it.each<[string, string, string[]]>([
    [
      "a function that uses a local of the one around",
      "    let local = 1;\n    const add = (by: i32): i32 => local + by + local;\n    add(1);",
      [`${LINE + 1}:35 ${CLOSURE} 'local' is a local of the function around; ${CLOSURE_WAY}`],
    ],
    [
      "a function that uses a parameter of the one around",
      "    [1, 2].forEach((item) => { if (_count > 2) log(LogLevel.Info, item.toString()); });",
      [`${LINE}:36 ${CLOSURE} '_count' is a local of the function around; ${CLOSURE_WAY}`],
    ],
    [
      "a function that uses this",
      "    const id = (): u32 => this.id;\n    id();",
      [`${LINE}:27 ${CLOSURE} 'this' belongs to the method around; ${CLOSURE_WAY}`],
    ],
    [
      "|| on strings",
      '    this.text = this.text || "none";',
      [`${LINE}:17 ${EMPTY}: in place of \`a || b\` write \`a.length > 0 ? a : b\`, after a check for null`],
    ],
    [
      "|| with a string for what is missing",
      '    const name = nameOf(this.id) || "none";\n    log(LogLevel.Info, name);',
      [`${LINE}:18 ${EMPTY}: in place of \`a || b\` write \`a.length > 0 ? a : b\`, after a check for null`],
    ],
    [
      "&& on strings",
      "    if (this.text && this.id > 0) this.id = 0;",
      [`${LINE}:9 ${EMPTY}: write \`text.length > 0\``],
    ],
    [
      "a string as a condition",
      "    const text = this.id.toString();\n    if (text) this.id = 0;",
      [`${LINE + 1}:9 ${EMPTY}: write \`text.length > 0\``],
    ],
    [
      "bytes compared as values",
      '    const value = requestHeaders.get(utf8("a"));\n    if (value != utf8("b")) this.id = 0;',
      [
        `${LINE + 1}:9 \`!=\` asks whether two Bytes are the same view, not whether they hold the same: write !a.equals(b)`,
      ],
    ],
    [
      "a throw",
      '    throw new Error("never");',
      [
        `${LINE}:5 a throw ends the whole VM with every stream in it, and nothing can catch it: answer null or a status, send a local response, or write assert() for what can't be`,
      ],
    ],
    [
      "try and catch",
      "    try { this.id = 1; } catch (error) { this.id = 2; }",
      [`${LINE}:5 AssemblyScript has no try and catch, and the SDK throws nothing: ask for null or a status`],
    ],
  ])("%s", { timeout: COMPILES }, async (_, body, expected) => {
    expect(await problemsOf(filterOf(body, "function nameOf(id: u32): string | null { return null; }"))).toEqual(
      expected,
    );
  });

  it("a default of an override that a call through the base does not use", { timeout: COMPILES }, async () => {
    const classes =
      "class A { f(by: i32 = 1): i32 { return by; } }  class B extends A { f(by: i32 = 2): i32 { return by; } }";
    expect(await problemsOf(filterOf("    new B().f();", classes))).toEqual([
      "3:71 a call through A passes A's default, 1, not this one: give both the same default, or none",
    ]);
  });
});

describe("bytes of a callback that a field would keep", () => {
  it.each<[string, string]>([
    ["a header", 'this.kept = requestHeaders.get(utf8("a"));'],
    ["a property", 'this.kept = getProperty(utf8("a"));'],
    ["a typed property", "this.kept = RequestProperties.path();"],
    ["a body", "this.kept = requestBody.get(0, 5);"],
    ["what was encoded", 'this.kept = Bytes.encode("a");'],
    ["a part of a header", 'const v = requestHeaders.get(utf8("a"))!; this.kept = v.slice(1);'],
    ["one or another", 'this.kept = requestHeaders.get(utf8("a")) || utf8("b");'],
  ])("%s", { timeout: COMPILES }, async (_, body) => {
    const [problem, ...others] = await problemsOf(filterOf(`    ${body}`));
    expect(others).toEqual([]);
    expect(problem).toBe(`${LINE}:${body.indexOf("this.kept") + 5} this.kept ${KEPT}`);
  });

  it("what a callback is given", { timeout: COMPILES }, async () => {
    const plugin =
      "class Keeper extends PluginContext { bytes: Bytes | null = null; onConfigure(configuration: Bytes): bool { this.bytes = configuration; return true; } }";
    expect(await problemsOf(filterOf("    new Keeper();", plugin))).toEqual([`3:108 this.bytes ${KEPT}`]);
  });
});

describe("asc's own errors, with a way out", () => {
  it.each<[string, string, string]>([
    [
      "null first in a conditional",
      'const v = requestHeaders.get(utf8("a")); const w = v === null ? null : getProperty(v);',
      "is not assignable to type 'usize': a conditional has the type of its first value, and `null` alone has none: put the value first, `x !== null ? f(x) : null`",
    ],
    [
      "??",
      'const v = requestHeaders.get(utf8("a")) ?? utf8("b");',
      "8:46 Expression expected: AssemblyScript has no `??`: `a || b` does the same for Bytes and other objects",
    ],
    [
      "?.",
      'const n = requestHeaders.get(utf8("a"))?.length;',
      "8:45 Expression expected: AssemblyScript has no `?.`: ask for null first",
    ],
    [
      "async",
      "const f = async (): Promise<void> => {};",
      "8:15 Expression expected: there are no promises: dispatch a call and take its answer in onCallResponse",
    ],
    [
      "destructuring",
      "const [a, b] = [1, 2];",
      "8:5 Identifier expected: there is no destructuring: take each element by its index or name",
    ],
    [
      "for of",
      "for (const x of [1, 2]) this.id += x;",
      "8:5 Not implemented: Iterators: count with an index: for (let i = 0; i < list.length; ++i)",
    ],
    [
      "spread",
      "const a = [1]; const b = [...a];",
      "8:31 Not implemented: Spread operator: copy with concat() or in a loop",
    ],
    [
      "undefined",
      "if (this.kept === undefined) this.id = 0;",
      "8:23 Cannot find name 'undefined': what may be missing is null",
    ],
    [
      "any",
      "const a: any = 1;",
      "8:14 Cannot find name 'any': there is no type for anything: name the type, or write a generic function <T>",
    ],
    [
      "an object without a class",
      "const a = { b: 1 };",
      "8:15 Type '<object>' is not assignable to type 'auto': an object has a class: class Point { constructor(public x: i32) {} }",
    ],
    [
      "a field that may be null",
      "if (this.kept) log(LogLevel.Info, this.kept);  const bytes: Bytes = this.kept;",
      "it may be null: put it in a `const` of the function and ask `if (value !== null)` first (a field or a global can change meanwhile)",
    ],
    [
      "a condition that is null or bool",
      "const ok = this.kept && this.id > 1;",
      "ask for null in so many words: `value !== null && ...`",
    ],
    [
      "a string for bytes",
      'requestHeaders.set(utf8("a"), "b");',
      'write utf8("...") for a literal, Bytes.encode(text) for another string',
    ],
    [
      "bytes compared with a string",
      'if (this.kept == "b") this.id = 0;',
      'compare bytes with value.equals(utf8("...")); value.toString() makes a string, which costs',
    ],
  ])("%s", { timeout: COMPILES }, async (_, body, expected) => {
    const problems = await problemsOf(filterOf(`    ${body}`));
    expect(problems.join("\n")).toContain(expected);
  });
});

it.each(["reset(): void {}", "onDelete(): void {}", "onTimer(_id: u32, _tag: u32): void {}"])(
  "what registerHttpContext never calls is said: %s",
  { timeout: COMPILES },
  async (method) => {
    const source = `import { HttpContext, registerHttpContext } from "proxy-wasm-assemblyscript-sdk";
class Stream extends HttpContext {
  ${method}
}
registerHttpContext(new Stream());
`;
    const name = method.slice(0, method.indexOf("("));
    expect(await problemsOf(source)).toEqual([
      `3:3 ${name} is never called with registerHttpContext, whose one object serves all streams and does not hear of ` +
        "their begin and end: use registerPlugin",
    ]);
  },
);

describe("a filter that registers nothing", () => {
  it.each<[string, (source: string) => string, string]>([
    [
      "imports it only",
      (source) => source.replace(/^registerPlugin\(.*$/m, ""),
      "12:7 the filter imports registerPlugin but does not call it: call registerPlugin(() => new MyPlugin()) at top level",
    ],
    [
      "does not know it",
      (source) => source.replace(/^registerPlugin\(.*$/m, "").replace(" registerPlugin,", ""),
      "12:7 the filter registers no plugin: call registerPlugin(() => new MyPlugin()) at top level",
    ],
  ])("%s", { timeout: COMPILES }, async (_, change, expected) => {
    const source = change(filterOf("").replace(/^\n/m, ""));
    expect((await problemsOf(source)).map((problem) => problem.replace(/^\d+:\d+ /, ""))).toEqual([
      expected.replace(/^\d+:\d+ /, ""),
    ]);
  });
});

describe("what is well", () => {
  const WELL = `
    const value = requestHeaders.get(utf8("a")) || utf8("b");
    const missing = requestHeaders.get(utf8("c"));
    if (missing && missing.length > 0) this.kept = missing.copy();
    if (missing == null || missing === null) this.kept = utf8("literal");
    if (!missing || value.equals(utf8("x"))) this.id += add(1, 2);
    const name = nameOf(this.id);
    if (name && name.length > 0) this.text = name;
    if (name == "a" || !this.text) this.text = name === null ? "none" : name;
    const twice = (local: i32): i32 => { const inner = local; return inner * factor; };
    [1, 2].forEach((item) => { const seen = item; if (seen > 1) total += seen; });
    for (let index = 0; index < 2; ++index) this.id += twice(index);
    assert(this.id > 0);
    const view = new View(); view.bytes = value; this.id += view.bytes.length;`;
  const TOP =
    "const factor = 2; let total = 0; function add(a: i32, b: i32 = factor): i32 { return a + b; } function nameOf(id: u32): string | null { return null; } class View { bytes: Bytes = utf8(''); }  class A { f(by: i32 = 1): i32 { return by; } } class B extends A { f(by: i32 = 1): i32 { return by; } }";

  it("compiles", { timeout: COMPILES }, async () => {
    expect(await problemsOf(filterOf(WELL, TOP))).toEqual([]);
  });
});

describe("a log message that costs something", () => {
  const BODY = `
    log(LogLevel.Debug, "debug " + build());
    log(LogLevel.Warn, "warn " + build());
    if (this.id > 0) log(LogLevel.Info, build());
    log(LogLevel.Error, build());
    if (logEnabled(LogLevel.Trace)) log(LogLevel.Trace, build());
    requestHeaders.set(utf8("x-built"), Bytes.encode(built.toString()));`;
  const TOP = 'let built = 0; function build(): string { ++built; return "message"; }';

  let binary: Uint8Array | undefined;
  beforeAll(async () => {
    ({ binary } = await build(filterOf(BODY, TOP)));
  }, COMPILES);

  it.each([
    [0, 5, ["1 debug message", "3 warn message", "2 message", "4 message", "0 message"]],
    [3, 2, ["3 warn message", "4 message"]],
    [5, 1, []],
  ])("at level %i is made %i times", (level, built, logs) => {
    const host = load(binary ?? Buffer.alloc(0));
    host.logLevel = level;
    startPlugin(host, 1, "");
    expect(Number(request(host, 2, 1, [])["x-built"])).toBe(built);
    expect(host.logs).toEqual(logs);
  });
});
