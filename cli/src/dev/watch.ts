import { basename, relative, sep } from "node:path";
import { watch } from "chokidar";

/** What a build writes, and what a filter is never made of. */
const PASSED_OVER = new Set(["node_modules", ".git", ".build", "build", "dist", "coverage"]);
const KINDS = /\.(?:ts|json|wasm)$/;
/** An editor may write a file in several steps. */
const SETTLE_MS = 30;

/** Says when a source changes. */
export interface Watch {
  /** Watches these files from now on as well, whatever they are called. Those that it knows are no trouble. */
  add(files: readonly string[]): void;
  close(): Promise<void>;
}

/**
 * Calls back with the names of the files that changed below the folder, or were added: once for all that change together.
 * Resolves when it watches.
 */
export async function watchSources(folder: string, onChange: (names: readonly string[]) => void): Promise<Watch> {
  const added = new Set<string>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { ignoreInitial: true, ignored: (path) => isPassedOver(relative(folder, path)) });
  watcher.on("all", (_event, path) => {
    if (!KINDS.test(path) && !added.has(path)) return;
    changed.add(basename(path));
    clearTimeout(timer);
    timer = setTimeout(() => {
      onChange([...changed]);
      changed.clear();
    }, SETTLE_MS);
  });
  await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  return {
    add: (files) => {
      const fresh = files.filter((file) => !added.has(file));
      for (const file of fresh) added.add(file);
      const outside = fresh.filter((file) => relative(folder, file).startsWith(".."));
      if (outside.length > 0) watcher.add(outside);
    },
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

function isPassedOver(path: string): boolean {
  return !path.startsWith("..") && path.split(sep).some((part) => PASSED_OVER.has(part));
}
