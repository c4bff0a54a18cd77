import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { loadModule } from "@sluice/host";
import { readStamp } from "../build/index.ts";
import { EXIT, Failure, messageOf } from "../failure.ts";
import type { Beside } from "./describe.ts";

/** A module that the user names, with the source map beside it if there is one; or a Failure that says what is wrong with the name. */
export async function readModuleFile(file: string): Promise<Uint8Array<ArrayBuffer>> {
  if (file.endsWith(".ts")) throw new Failure(`${file} is a source: \`sluice build\` makes a module of it`, EXIT.usage);
  try {
    return await loadModule(file);
  } catch (error) {
    const reason = reasonOf(error);
    const hint =
      reason === MISSING && file.endsWith(".wasm")
        ? "If it is a filter of yours, run `sluice build` first"
        : "Give a compiled module, such as build/NAME.wasm";
    throw new Failure(`cannot read ${file}: ${reason}. ${hint}`, EXIT.usage);
  }
}

const MISSING = "there is no such file";

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return MISSING;
  return code === "EISDIR" ? "it is a folder" : messageOf(error);
}

/** The source map beside a module; undefined without one. */
export async function readSourceMap(file: string): Promise<string | undefined> {
  return await readFile(`${file}.map`, "utf8").catch(() => undefined);
}

/** What `sluice build` has left beside a module; nothing where the notes are of other bytes. */
export async function readBeside(file: string, sha256: string): Promise<Beside> {
  const stamp = await readStamp(path.resolve(file));
  if (stamp === undefined || stamp.output !== sha256) return {};
  const map = await stat(`${file}.map`).catch(() => undefined);
  return {
    functionNames: new Map(stamp.functionNames),
    madeBy: [`AssemblyScript ${stamp.compiler}`, "proxy-wasm-assemblyscript-sdk"],
    ...(map === undefined ? {} : { sourceMap: `${path.basename(file)}.map` }),
  };
}
