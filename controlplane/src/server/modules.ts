import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { moduleNames } from "../translate/index.ts";
import type { ModuleDigest, ModuleName } from "../translate/index.ts";
import { ControlPlaneError, messageOf } from "./errors.ts";

/** The modules that the configuration names now, and the bytes of every digest that was ever named. */
export interface ModuleStore {
  readonly current: Readonly<Record<ModuleName, ModuleDigest>>;
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

/** How many digests stay: Envoys that have not taken the newest configuration may still ask for an older one. */
const maxDigests = 64;

/** Reads `<name>.wasm` of each module. Throws a ControlPlaneError that names what is missing. */
export async function readModules(folder: string, before?: ModuleStore): Promise<ModuleStore> {
  const entries = await Promise.all(
    moduleNames.map(async (name) => [name, await readModule(join(folder, `${name}.wasm`))] as const),
  );
  const digest = new Map(entries.map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]));
  const of = (name: ModuleName): ModuleDigest => ({ sha256: digest.get(name) ?? "" });
  const all = new Map([...(before?.bytes ?? []), ...entries.map(([name, bytes]) => [of(name).sha256, bytes] as const)]);
  return {
    current: { policies: of("policies"), authorization: of("authorization") },
    bytes: new Map([...all].slice(-maxDigests)),
  };
}

const magic = Buffer.from([0x00, 0x61, 0x73, 0x6d]);

async function readModule(path: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const message = `the module ${path} cannot be read (${messageOf(error)}); "sluice build" makes it`;
    throw new ControlPlaneError("MODULES_MISSING", message, { cause: error });
  }
  if (bytes.subarray(0, 4).equals(magic)) return bytes;
  throw new ControlPlaneError("MODULES_MISSING", `${path} is not a WebAssembly module`);
}
