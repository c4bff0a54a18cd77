import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isYamlPath, type SourceFile } from "@sluice/controlplane/files";
import { EXIT, Failure } from "../failure.ts";

/**
 * The files that are named, and the YAML files of the folders that are named, at whatever depth; `-` is stdin. Their paths
 * are as the user would write them. Fails where something is not there, or where there is no YAML at all.
 */
export async function readConfigFiles(paths: readonly string[]): Promise<SourceFile[]> {
  const files = (await Promise.all(paths.map(readPath))).flat();
  if (files.length === 0) throw new Failure(`there is no YAML file in ${paths.join(", ")}`, EXIT.usage);
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

async function readPath(path: string): Promise<SourceFile[]> {
  if (path === "-") return [{ path: "stdin.yaml", text: await text(process.stdin) }];
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Failure(`there is no file or folder ${path}`, EXIT.usage);
  if (found.isDirectory()) return await readFolder(path);
  // The name of a file that the user has named does not matter, except to the reader of folders.
  return [{ path: isYamlPath(path) ? path : `${path}.yaml`, text: await readFile(path, "utf8") }];
}

async function readFolder(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && isYamlPath(entry.name));
  return await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path, text: await readFile(path, "utf8") };
    }),
  );
}
