import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildFilter } from "../../cli/src/build/index.ts";
import type { BuildResult, BuildTarget } from "../../cli/src/build/index.ts";

/** Compiles sdk/tests/fixtures/<name>.ts; up-to-date ones are taken from .build. */
export function buildFixture(name: string, target: BuildTarget = "release"): Promise<BuildResult> {
  return build(`fixtures/${name}.ts`, `.build/sdk-fixtures/${target}/${name}.wasm`, target);
}

/** The bytes of a fixture that must compile. */
export async function fixtureBytes(name: string, target: BuildTarget = "release"): Promise<Uint8Array> {
  return bytesOf(name, await buildFixture(name, target));
}

/** The bytes of sdk/tests/examples/<name>.ts; not optimized, which is most of a build's time. */
export async function exampleBytes(name: string): Promise<Uint8Array> {
  return bytesOf(name, await build(`examples/${name}.ts`, `.build/sdk-examples/${name}.wasm`, "debug"));
}

function build(source: string, outFile: string, target: BuildTarget): Promise<BuildResult> {
  return buildFilter({
    entry: fileURLToPath(new URL(source, import.meta.url)),
    outFile: fileURLToPath(new URL(`../../${outFile}`, import.meta.url)),
    target,
  });
}

async function bytesOf(name: string, result: BuildResult): Promise<Uint8Array> {
  if (!result.ok) throw new Error(`${name}: ${result.compilerOutput}`);
  return await readFile(result.outFile);
}
