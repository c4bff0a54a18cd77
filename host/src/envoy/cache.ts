import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../error.ts";
import { sha256OfFile } from "./digest.ts";
import { ENVOY_VERSION } from "./version.ts";

/** What decides where the cache is; `process` fits. */
export interface CacheOwner {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly arch: string;
}

/** The folder that holds the fetched binary: `$XDG_CACHE_HOME` or the platform's own cache, by version and platform. */
export function cacheFolder(owner: CacheOwner): string {
  const home = owner.env["HOME"] ?? "/";
  const xdg = owner.env["XDG_CACHE_HOME"];
  const fallback = owner.platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
  // The XDG specification says to ignore a relative path.
  const base = xdg?.startsWith("/") ? xdg : fallback;
  return join(base, "sluice", "envoy", ENVOY_VERSION, `${owner.platform}-${owner.arch}`);
}

/** What the cache holds: nothing, a binary that is as it was stored, or one that is not (with the reason). */
export type Cached =
  | { readonly kind: "none" }
  | { readonly kind: "good"; readonly path: string; readonly sha256: string }
  | { readonly kind: "damaged"; readonly path: string; readonly reason: string };

/** Looks in the cache and checks the binary against the digest remembered beside it. */
export async function readCache(folder: string): Promise<Cached> {
  const path = join(folder, "envoy");
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { kind: "none" };
  try {
    const remembered = (await readFile(`${path}.sha256`, "utf8")).trim();
    const sha256 = await sha256OfFile(path);
    if (sha256 === remembered) return { kind: "good", path, sha256 };
    return { kind: "damaged", path, reason: `its sha256 is ${sha256}, stored was ${remembered}` };
  } catch (error) {
    return { kind: "damaged", path, reason: messageOf(error) };
  }
}

/**
 * Runs `fill` on a scratch folder inside the cache (the same file system, so that a rename is atomic) and removes it after.
 */
export async function withScratch<T>(folder: string, fill: (scratch: string) => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, "fetch-"));
  try {
    return await fill(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Puts a binary into the cache. Two processes may do this at once: both bring the same pinned bytes, each file appears by
 * a rename, and the digest comes first, so that a binary is never seen without one.
 */
export async function storeInCache(folder: string, scratch: string, binary: Uint8Array): Promise<Cached> {
  const staged = join(scratch, "envoy");
  await writeFile(staged, binary, { mode: 0o755 });
  const sha256 = await sha256OfFile(staged);
  await writeFile(`${staged}.sha256`, `${sha256}\n`);
  await rename(`${staged}.sha256`, join(folder, "envoy.sha256"));
  await rename(staged, join(folder, "envoy"));
  return { kind: "good", path: join(folder, "envoy"), sha256 };
}
