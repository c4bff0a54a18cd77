import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { findEnvoy } from "@sluice/host";
import type { EnvoyBinary, EnvoyImage } from "@sluice/host";
import { buildFilters } from "../build/index.ts";
import { formatBuildProblems } from "../output/build-report.ts";
import { Failure } from "../failure.ts";
import type { Terminal } from "../output/terminal.ts";
import { FILTERS_FOLDER, MODULES_FOLDER, PACKED, ROOT } from "../paths.ts";

const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** Compiles the policies that changed since the last time; the published package brings them compiled. */
export async function prepareFilters(terminal: Terminal): Promise<void> {
  if (PACKED) return;
  await terminal.step("policies compiled", async (note) => {
    let done = 0;
    const log = (line: string): void => note(`${++done} done, ${line}`);
    const results = await buildFilters({ filtersFolder: FILTERS_FOLDER, outFolder: MODULES_FOLDER, root: ROOT, log });
    const problems = formatBuildProblems(results, terminal.style);
    if (problems !== "") throw new Failure(problems);
    const fresh = results.filter((result) => result.ok && !result.upToDate).length;
    return {
      value: undefined,
      detail: fresh === 0 ? `${results.length} modules, up to date` : `${fresh} of ${results.length} modules`,
    };
  });
}

/** Generates Envoy's protobuf types where they are missing, or older than the list of what is generated. */
export async function prepareXdsTypes(terminal: Terminal): Promise<void> {
  if (PACKED) return;
  await terminal.step("xDS types", async () => {
    const script = join(ROOT, "controlplane", "proto", "generate.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: ROOT, maxBuffer: OUTPUT_LIMIT });
    return { value: undefined, detail: stdout.includes("up to date") ? "up to date" : "generated" };
  });
}

/** Finds Envoy, or fetches it. */
export async function prepareEnvoy(terminal: Terminal): Promise<EnvoyBinary | EnvoyImage> {
  return terminal.step("Envoy found", async (note) => {
    const log = (line: string): void => {
      terminal.line(`    ${line}`);
      note(line);
    };
    const envoy = await findEnvoy({ log });
    if (envoy.kind === "problem") throw new Failure(envoy.message);
    return { value: envoy, detail: envoy.kind === "binary" ? `${envoy.version}, ${envoy.path}` : envoy.image };
  });
}
