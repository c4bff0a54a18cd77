import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resourceFile } from "./resources.ts";

/** The folder of an Envoy that takes its listeners and clusters from files. */
export class EnvoyFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get log(): string {
    return join(this.folder, "envoy.log");
  }

  /** Where resources of a type are. */
  path(type: "listener" | "cluster"): string {
    return join(this.folder, `${type}s.json`);
  }

  /** Puts resources in the place of those before. Envoy notices a file that is moved to its place. */
  async put(type: "listener" | "cluster", resources: readonly object[]): Promise<void> {
    const path = this.path(type);
    await writeFile(`${path}.new`, JSON.stringify(resourceFile(type, resources)));
    await rename(`${path}.new`, path);
  }

  /** Keeps a module; gives its path. */
  async module(wasm: Uint8Array): Promise<string> {
    const path = join(this.folder, `${createHash("sha256").update(wasm).digest("hex").slice(0, 16)}.wasm`);
    await writeFile(path, wasm);
    return path;
  }
}
