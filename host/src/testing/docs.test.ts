import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "..", "..", "..");
const FILE = /^```ts file=(\S+)\n(.*?)^```$/gms;

/** The part of Vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly failureMessages: readonly string[] }[];
  }[];
}

/** Runs a script of Node in a folder; one that fails is no error here. */
async function run(folder: string, script: string, args: readonly string[]): Promise<void> {
  // Snapshots that stand in the guide are compared, never written.
  const options = { cwd: folder, env: { ...process.env, CI: "1" }, maxBuffer: 2 ** 24 };
  await promisify(execFile)(process.execPath, [path.join(root, script), ...args], options).catch(() => {});
}

/** Writes the guide's examples as a project, and runs its tests as a reader would. */
test("every example of docs/testing-filters.md passes", { timeout: 180_000 }, async () => {
  const guide = await readFile(path.join(root, "docs", "testing-filters.md"), "utf8");
  await mkdir(path.join(root, ".build"), { recursive: true });
  const folder = await mkdtemp(path.join(root, ".build", "guide-"));
  try {
    await symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    await writeFile(path.join(folder, "asconfig.json"), await readFile(path.join(root, "asconfig.json")));
    for (const [, name = "", text = ""] of guide.matchAll(FILE)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    await run(folder, "cli/src/main.ts", ["build"]);
    const file = path.join(folder, "report.json");
    await run(folder, "node_modules/vitest/vitest.mjs", [
      "run",
      "--root",
      folder,
      "--reporter=json",
      "--outputFile",
      file,
    ]);
    const report: Report = JSON.parse(await readFile(file, "utf8"));
    const failures = report.testResults.flatMap(({ message, assertionResults }) => [
      message,
      ...assertionResults.flatMap(({ fullName, failureMessages }) =>
        failureMessages.map((failure) => `${fullName}: ${failure}`),
      ),
    ]);
    expect(failures.filter((failure) => failure !== "")).toEqual([]);
    expect(report.numPassedTests).toBeGreaterThan(15);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
