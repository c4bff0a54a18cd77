// `npm run pack [-- FOLDER]`: the three packages as tarballs, by default in .build/packages: the SDK as it is, the host and
// the command as JavaScript. The same sources make the same bytes. Prints name, size and sha256 of each.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { environment, node24, root, setup } from "./setup.mjs";

setup();
const out = resolve(process.argv[2] ?? join(root, ".build", "packages"));
const staging = join(root, ".build", "staging", String(process.pid));
run(node24, [join(root, "controlplane", "proto", "generate.ts")]);
run(node24, [join(root, "cli", "src", "main.ts"), "build"]);

// These need packages of node_modules, which setup may just have installed.
const { stageHost } = await import("./pack-host.mjs");
const { stageSluice } = await import("./pack-sluice.mjs");
try {
  const folders = [
    join(root, "sdk"),
    await stageHost(join(staging, "host")),
    await stageSluice(join(staging, "sluice")),
  ];
  mkdirSync(out, { recursive: true });
  for (const folder of folders) report(pack(folder));
} finally {
  rmSync(staging, { recursive: true, force: true });
}

function pack(folder) {
  const { stdout } = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", out], { cwd: folder });
  const [packed] = JSON.parse(stdout);
  return packed;
}

function report({ filename, size, unpackedSize, entryCount }) {
  const sha256 = createHash("sha256")
    .update(readFileSync(join(out, filename)))
    .digest("hex");
  console.log(
    `${join(out, filename)}\n  ${kilobytes(size)} (${kilobytes(unpackedSize)} in ${entryCount} files)  sha256 ${sha256}`,
  );
}

/** Runs to the end; the output is only shown when it goes wrong. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8", env: environment(), ...options });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}\n`);
    console.error(`pack: ${[command, ...args].join(" ")} has failed`);
    process.exit(1);
  }
  return result;
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(0)} KB`;
}
