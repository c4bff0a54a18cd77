import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProgram } from "../commands/program.ts";
import { VERBS } from "../commands/verbs.ts";
import { PLAIN } from "../output/style.ts";
import { bashCompletion } from "./bash.ts";
import { describeCommandLine } from "./describe.ts";
import { fishCompletion } from "./fish.ts";
import { zshCompletion } from "./zsh.ts";

const line = describeCommandLine(
  createProgram(VERBS, {
    terminal: { style: PLAIN, line: () => {}, step: () => Promise.reject(new Error("no step here")) },
    progress: { during: (_what, work) => work },
    setExitCode: () => {},
  }),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-completion-"));
  writeFileSync(join(folder, "filter.wasm"), "");
  writeFileSync(join(folder, "completion.bash"), bashCompletion(line));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers behind these words, the last of which is under way. */
function offered(...words: string[]): string[] {
  const script = `source completion.bash
COMP_WORDS=(${["sluice", ...words].map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_sluice
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" }).trim().split("\n");
}

describe("bash completes", () => {
  test("verbs", () => expect(offered("in")).toEqual(["init", "inspect"]));
  test("verbs behind help", () => expect(offered("help", "doc")).toEqual(["doctor"]));
  test("options of the verb", () => expect(offered("build", "--de")).toEqual(["--debug"]));
  test("options of all verbs", () => expect(offered("build", "--no")).toEqual(["--no-color"]));
  test("values that are a choice", () => expect(offered("init", "x", "--template", "j")).toEqual(["jwt"]));
  test("arguments that are a choice", () => expect(offered("completion", "")).toEqual(["bash", "zsh", "fish"]));
  test("files", () => expect(offered("inspect", "fil")).toEqual(["filter.wasm"]));
  test("files as values", () => expect(offered("build", "--out", "fil")).toEqual(["filter.wasm"]));
});

test.each([
  ["zsh", zshCompletion(line)],
  ["fish", fishCompletion(line)],
])("%s has every verb and option, and no quote that is open", (_shell, script) => {
  for (const verb of line.verbs) expect(script).toContain(verb.name);
  for (const option of line.verbs.flatMap(({ options }) => options)) {
    for (const flag of option.flags) expect(script).toContain(flag.replace(/^-+/, ""));
  }
  for (const row of script.split("\n")) expect((row.replaceAll(`'\\''`, "").match(/'/g) ?? []).length % 2, row).toBe(0);
});

test.each([
  ["zsh", ["-n"], zshCompletion(line)],
  ["fish", ["--no-execute"], fishCompletion(line)],
])("%s can read its script, where it is installed", (shell, flags, script) => {
  const file = join(folder, `completion.${shell}`);
  writeFileSync(file, script);
  const { error, status, stderr } = spawnSync(shell, [...flags, file], { encoding: "utf8" });
  if (error === undefined) expect([status, stderr]).toEqual([0, ""]);
});
