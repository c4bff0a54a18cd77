import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import path from "node:path";
import { formatSize } from "../output/size.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** A folder that something writes to. */
export interface WantedFolder {
  readonly name: string;
  readonly path: string;
  /** Bytes that should be free there. */
  readonly room: number;
}

/** Whether each can be written, or made, and has room. */
export async function checkFolders(folders: readonly WantedFolder[]): Promise<Diagnosis[]> {
  return await Promise.all(folders.map(checkFolder));
}

async function checkFolder({ name, path: folder, room }: WantedFolder): Promise<Diagnosis> {
  const existing = await nearestExisting(folder);
  const writable = await access(existing, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    const fix = `make ${existing} yours: \`sudo chown -R $USER ${existing}\``;
    return { name, state: "failed", found: `${folder} cannot be written`, fix };
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  if (free >= room) return { name, state: "ok", found: folder };
  const fix = `make room: ${formatSize(room)} are wanted`;
  return { name, state: "warning", found: `${folder} has ${formatSize(free)} left`, fix };
}

/** The folder, or the one above it in which it would be made. */
async function nearestExisting(folder: string): Promise<string> {
  for (let candidate = folder; ; candidate = path.dirname(candidate)) {
    const exists = await access(candidate).then(
      () => true,
      () => false,
    );
    if (exists || candidate === path.dirname(candidate)) return candidate;
  }
}
