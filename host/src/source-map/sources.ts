import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { HostError } from "../error.ts";
import { readModule } from "../wasm/index.ts";
import { SourceMap } from "./index.ts";

/**
 * The source maps of modules that came with one. One table for all copies of this package in a process: the command
 * `sluice` has a copy of its own, and what its `buildModule` gives is loaded by the copy of the project.
 */
const maps = sharedTable();

function sharedTable(): WeakMap<Uint8Array, SourceMap> {
  const key = Symbol.for("@sluice/host source maps");
  const held: unknown = Reflect.get(globalThis, key);
  // Only this function writes that field.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (held instanceof WeakMap) return held as WeakMap<Uint8Array, SourceMap>;
  const table = new WeakMap<Uint8Array, SourceMap>();
  Reflect.set(globalThis, key, table);
  return table;
}

/**
 * Reads a module, and the source map that its `sourceMappingURL` names or that lies beside it as `FILE.map`. A host that
 * loads these bytes tells traps, endless loops and coverage by file and line. Rejects when the file can't be read.
 * @example host.load(await loadModule(".build/filters/authorization.wasm"))
 */
export async function loadModule(file: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const name = typeof file === "string" ? file : fileURLToPath(file);
  const bytes = Uint8Array.from(await readFile(name));
  const text = mapText(name, bytes);
  return text === undefined ? bytes : withSourceMap(bytes, text);
}

/** Gives a module its source map, as text. Throws HostError `module` for a text that is none. Returns the same bytes. */
export function withSourceMap(bytes: Uint8Array<ArrayBuffer>, text: string): Uint8Array<ArrayBuffer> {
  const map = SourceMap.parse(text);
  if (typeof map === "string") throw new HostError("module", map);
  maps.set(bytes, map);
  return bytes;
}

/** The source map that these bytes came with. */
export function sourceMapOf(bytes: Uint8Array): SourceMap | undefined {
  return maps.get(bytes);
}

const DATA_URL = /^data:application\/json[^,]*?(;base64)?,(.*)$/s;

/** A missing source map is no error. */
function mapText(file: string, bytes: Uint8Array): string | undefined {
  const module = readModule(bytes);
  const url = module.ok ? module.sourceMappingUrl : undefined;
  const inline = url === undefined ? null : DATA_URL.exec(url);
  if (inline?.[2] !== undefined) {
    return inline[1] === undefined ? decodeURIComponent(inline[2]) : Buffer.from(inline[2], "base64").toString("utf8");
  }
  const named = url === undefined ? [] : [path.resolve(path.dirname(file), url)];
  for (const candidate of [...named, `${file}.map`]) {
    try {
      return readFileSync(candidate, "utf8");
    } catch {
      // The next one, if any.
    }
  }
  return undefined;
}
