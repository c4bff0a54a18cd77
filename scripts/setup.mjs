// Makes a fresh clone runnable: installs the locked packages when they are missing or out of date. It runs before
// anything is installed, so it uses nothing but Node 20's own modules. `npm start` and `npm test` call it first.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node 24 that the project brings along: it runs TypeScript directly, whatever Node the system has. */
export const node24 = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");

const stamp = join(root, "node_modules", ".sluice-setup");

/** What the installed packages depend on; written to the stamp after a successful install. */
function wanted() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  hash.update(readFileSync(join(root, "package-lock.json")));
  return hash.digest("hex");
}

function installed() {
  return existsSync(stamp) && existsSync(node24) && readFileSync(stamp, "utf8") === wanted();
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

/** Installs what is missing. Ends the process with a message where it can't. */
export function setup() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`Node ${process.versions.node} is too old: 20 or newer is needed`);
  if (installed()) return;
  const started = Date.now();
  console.log("setup: installing the packages of package-lock.json into node_modules (a minute or two) ...");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    // npm's own standard output is its summary; errors go to the terminal as they come.
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (result.error) fail(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0)
    fail(`"npm ci" ended with ${result.status ?? result.signal}: see its message above; a second try is safe`);
  if (!existsSync(node24))
    fail(
      "the package `node` brought no binary for this platform: remove node_modules and try again with npm 10 or newer",
    );
  writeFileSync(stamp, wanted());
  console.log(`setup: packages installed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

/** The environment for a child that must run on Node 24: its folder comes first on PATH. */
export function environment(extra = {}) {
  const bin = join(root, "node_modules", ".bin");
  return {
    ...process.env,
    PATH: `${bin}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}`,
    ...extra,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
