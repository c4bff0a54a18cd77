import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import type { BuildTarget } from "../build/index.ts";
import { EXIT, Failure, messageOf } from "../failure.ts";
import { buildModule } from "../index.ts";
import { fieldsOf } from "../json.ts";
import { findProject } from "../project/find-project.ts";
import type { Project } from "../project/find-project.ts";

export interface TestOptions {
  /** Passed on to Vitest. */
  readonly args: readonly string[];
  /** Each scenario also in a real Envoy, which has to agree. */
  readonly envoy: boolean;
  /** Which lines of the filter the tests reach. */
  readonly coverage: boolean;
  readonly debug: boolean;
  readonly watch: boolean;
}

/** What the tests of a project see of the wishes: `buildModule` reads the first, `play` the second. */
const TARGET_VARIABLE = "SLUICE_TARGET";
const DIFFERENTIAL_VARIABLE = "SLUICE_DIFFERENTIAL";

/**
 * Builds the project of the folder and runs its tests; resolves with the command's exit code. Rejects with a Failure where
 * there is nothing to test, or a source has errors.
 */
export async function runTests(options: TestOptions, folder: string): Promise<number> {
  const project = findProject(folder);
  if (project === undefined) {
    throw new Failure(
      `no filter here: neither ${folder} nor a folder above has asconfig.json and assembly/index.ts`,
      EXIT.usage,
    );
  }
  const vitest = vitestOf(project.folder);
  if (options.coverage) requireCoverage(project.folder);
  if (options.envoy) await requireComparison(project.folder);
  // Only a module with names and lines can tell which of them ran.
  const target = options.coverage || options.debug ? "debug" : "release";
  await build(project, target);
  const env = {
    ...process.env,
    [TARGET_VARIABLE]: target,
    ...(options.envoy ? { [DIFFERENTIAL_VARIABLE]: "1" } : {}),
  };
  return await runNode([vitest, ...vitestArguments(options)], project.folder, env);
}

/** The command line of Vitest. */
export function vitestArguments({ args, coverage, watch }: TestOptions): string[] {
  const cover = [
    "--coverage.enabled",
    "--coverage.provider=custom",
    "--coverage.customProviderModule=@sluice/host/coverage",
  ];
  return [watch ? "watch" : "run", ...(coverage ? cover : []), ...args];
}

/** As the tests will ask for it, so that they find it done. */
async function build({ folder }: Project, target: BuildTarget): Promise<void> {
  await buildModule(folder, { target }).catch((error: unknown) => {
    throw new Failure(messageOf(error));
  });
}

/** The script of the Vitest that the project has. */
function vitestOf(folder: string): string {
  const require = createRequire(join(folder, "package.json"));
  try {
    const manifest = require.resolve("vitest/package.json");
    const bin: unknown = fieldsOf(JSON.parse(readFileSync(manifest, "utf8")))["bin"];
    const script =
      typeof bin === "string" ? bin : typeof bin === "object" && bin !== null ? fieldsOf(bin)["vitest"] : "";
    return join(dirname(manifest), String(script));
  } catch {
    throw new Failure(`${folder} has no Vitest: run \`npm install\`, or \`npm install --save-dev vitest\``, EXIT.usage);
  }
}

/** What `@sluice/host/coverage` stands on; either will do. */
const COVERAGE = ["@vitest/coverage-v8", "@vitest/coverage-istanbul"];

function requireCoverage(folder: string): void {
  const require = createRequire(join(folder, "package.json"));
  const has = (name: string): boolean => {
    try {
      return require.resolve(`${name}/package.json`) !== "";
    } catch {
      return false;
    }
  };
  if (COVERAGE.some(has)) return;
  // Vitest takes coverage packages of its own version only.
  const version = fieldsOf(require("vitest/package.json"))["version"];
  throw new Failure(
    `--coverage needs a package more: npm install --save-dev ${COVERAGE[0]}@${String(version)}`,
    EXIT.usage,
  );
}

/** What a real Envoy is asked beside the in-process host: a plugin's `fetch`, and `play`. */
const COMPARED = /\.fetch\(|@sluice\/host\/differential/;
const NO_SOURCES = /^(?:node_modules|build|coverage|\..*)$/;

/** Tests that compare nothing pass without any Envoy: whoever asks for one has to know. */
async function requireComparison(folder: string): Promise<void> {
  const top = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !NO_SOURCES.test(name));
  const below = top.map(async (entry) => {
    const inside = entry.isDirectory() ? await readdir(join(folder, entry.name), { recursive: true }) : [""];
    return inside.map((name) => join(folder, entry.name, name));
  });
  const sources = (await Promise.all(below)).flat().filter((file) => file.endsWith(".ts"));
  for (const file of sources) if (COMPARED.test(await readFile(file, "utf8"))) return;
  const message =
    "no test here uses a plugin's `fetch` or `play` of @sluice/host/differential: nothing to compare with Envoy";
  throw new Failure(message, EXIT.usage);
}

/** Runs it in the foreground: Ctrl-C in the terminal reaches it as well, and its end is ours. */
function runNode(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { cwd, env, stdio: "inherit" });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const each of signals) process.off(each, pass);
      resolve(signal === null ? (code ?? EXIT.failed) : 128 + constants.signals[signal]);
    });
  });
}
