import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";

/** The files that a run keeps, all in one folder. */
export interface StateFolder {
  readonly path: string;
  /** The last good version of every object. */
  readonly controlPlaneState: string;
  readonly runFile: string;
  readonly logs: string;
  /** Tells where the admin interface of each Envoy is. */
  readonly adminsFile: string;
  writeAdmins(urls: Readonly<Record<string, string>>): void;
  logFile(name: string): string;
}

/** Makes the folder: `.sluice/NAME OF THE MESH'S FOLDER` below the working directory, unless another one is given. */
export function openStateFolder(meshFolder: string, given: string | undefined): StateFolder {
  const path = resolve(given ?? join(".sluice", basename(resolve(meshFolder))));
  const logs = join(path, "logs");
  const adminsFile = join(path, "admin.json");
  mkdirSync(logs, { recursive: true });
  return {
    path,
    controlPlaneState: join(path, "state.json"),
    runFile: join(path, "run.json"),
    logs,
    adminsFile,
    writeAdmins: (urls) => writeFileSync(adminsFile, `${JSON.stringify(urls, undefined, 2)}\n`),
    logFile: (name) => join(logs, `${name}.log`),
  };
}
