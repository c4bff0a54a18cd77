import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildFilter } from "../../cli/src/build/index.ts";
import type { BuildResult, BuildTarget } from "../../cli/src/build/index.ts";

/** Compiles sdk/tests/fixtures/<name>.ts; up-to-date ones are taken from .build. */
export function buildFixture(name: string, target: BuildTarget = "release"): Promise<BuildResult> {
  return buildFilter({
    entry: fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url)),
    outFile: fileURLToPath(new URL(`../../.build/sdk-fixtures/${target}/${name}.wasm`, import.meta.url)),
    target,
  });
}

/** The bytes of a fixture that must compile. */
export async function fixtureBytes(name: string, target: BuildTarget = "release"): Promise<Uint8Array> {
  const result = await buildFixture(name, target);
  if (!result.ok) throw new Error(`${name}: ${result.compilerOutput}`);
  return readFile(result.outFile);
}
