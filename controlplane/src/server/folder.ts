import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { watch } from "chokidar";
import { isYamlPath } from "../config/index.ts";
import type { SourceFile } from "../config/index.ts";
import { debounce } from "./debounce.ts";
import type { DebounceOptions } from "./debounce.ts";
import { ControlPlaneError, messageOf } from "./errors.ts";

/** A watched folder of YAML. */
export interface WatchedFolder {
  readonly files: readonly SourceFile[];
  close(): Promise<void>;
}

export interface FolderOptions extends DebounceOptions {
  /**
   * A file that is gone or empty is believed only if it still is after this time: some editors move the old file away
   * or cut it to nothing before they write the new one, and to take that for a deletion would take services away.
   */
  readonly recheckMs: number;
}

export const defaultFolderOptions: FolderOptions = { quietMs: 50, maxMs: 500, recheckMs: 200 };

/**
 * Reads all YAML files of a folder, subfolders included, and goes on watching. `onChange` gets all files whenever one
 * differs, and the time (performance.now) at which the first change was seen. Throws a ControlPlaneError if the folder
 * cannot be read now; later trouble goes to `onProblem`, and the files stay as they were.
 */
export async function watchFolder(
  folder: string,
  onChange: (files: readonly SourceFile[], since: number) => void,
  onProblem: (message: string) => void,
  options: FolderOptions = defaultFolderOptions,
): Promise<WatchedFolder> {
  // The watcher comes first: a change between reading and watching would be lost.
  const watcher = watch(folder, { ignoreInitial: true, ignored: isIgnored(folder), atomic: false });
  const ready = new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  let files: readonly SourceFile[];
  try {
    files = await readFolder(folder);
  } catch (error) {
    await watcher.close();
    throw new ControlPlaneError("FOLDER_UNREADABLE", `the folder ${folder} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  await ready;
  let since: number | undefined;
  let closed = false;
  const reread = async (): Promise<void> => {
    const started = since ?? performance.now();
    since = undefined;
    try {
      let next = await readFolder(folder);
      if (shrinks(files, next)) {
        await new Promise((resolve) => setTimeout(resolve, options.recheckMs));
        next = await readFolder(folder);
      }
      if (closed || equal(files, next)) return;
      files = next;
      onChange(files, started);
    } catch (error) {
      onProblem(`${folder}: ${messageOf(error)}`);
    }
  };
  // One reading at a time, so that an older one cannot overtake a newer.
  let queue = Promise.resolve();
  const bounced = debounce(() => {
    queue = queue.then(reread);
  }, options);
  const trigger = (): void => {
    since ??= performance.now();
    bounced.trigger();
  };
  watcher.on("all", trigger);
  watcher.on("error", (error) => onProblem(`${folder}: ${messageOf(error)}`));
  // What changed while the watcher was getting ready.
  trigger();
  return {
    files,
    async close() {
      closed = true;
      bounced.close();
      await watcher.close();
      await queue;
    },
  };
}

/** Hidden files and folders hold no mesh: .git, editors' swap files. */
function isIgnored(folder: string): (path: string) => boolean {
  return (path) => path !== folder && /(^|[/\\])\.[^/\\]+$/.test(path.slice(folder.length));
}

async function readFolder(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(folder, { recursive: true });
  const paths = entries.filter((path) => isYamlPath(path) && !path.split(/[/\\]/).some((part) => part.startsWith(".")));
  const files = await Promise.all(paths.toSorted().map((path) => readSource(join(folder, path))));
  return files.filter((file) => file !== undefined);
}

/** `undefined`: it is a folder, or it went away since the folder was listed. */
async function readSource(path: string): Promise<SourceFile | undefined> {
  try {
    return { path, text: await readFile(path, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "EISDIR") return undefined;
    throw error;
  }
}

function shrinks(before: readonly SourceFile[], after: readonly SourceFile[]): boolean {
  const texts = new Map(after.map(({ path, text }) => [path, text]));
  return before.some(({ path, text }) => text.trim() !== "" && (texts.get(path) ?? "").trim() === "");
}

function equal(a: readonly SourceFile[], b: readonly SourceFile[]): boolean {
  return a.length === b.length && a.every(({ path, text }, index) => b[index]?.path === path && b[index].text === text);
}
