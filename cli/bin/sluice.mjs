#!/usr/bin/env node
// Runs the command on Node 24, which reads TypeScript as it is: in this process if it is new enough, otherwise on the
// Node that the package `node` brings along.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function findNode() {
  for (let folder = dirname(MAIN); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "node", "bin", "node");
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

function run(node) {
  // The fourth stream tells the command that this launcher is gone, even when it was killed.
  const child = spawn(node, [MAIN, ...process.argv.slice(2)], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`sluice: cannot run ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 0)));
}

if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import("../src/main.ts");
} else {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(
      `sluice needs Node 24 and this is ${process.version}: run \`npm ci\` where sluice is installed\n`,
    );
    process.exit(1);
  }
  run(node);
}
