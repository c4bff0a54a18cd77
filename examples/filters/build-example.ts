import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildFilter } from "../../cli/src/build/index.ts";

/** The module of one of these filters; compiled when its sources have changed. */
export async function exampleModule(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const outFile = join(import.meta.dirname, "..", "..", ".build", "examples", `${name}.wasm`);
  const result = await buildFilter({ entry: join(import.meta.dirname, name, "index.ts"), outFile });
  if (result.ok) return Uint8Array.from(await readFile(result.outFile));
  const problems = result.diagnostics.map(({ file, line, message }) => `${file ?? name}:${line ?? 0}: ${message}`);
  throw new Error(problems.join("\n"));
}
