// `npm run bench [-- NAME ... FLAG ...]`: builds what is measured, then runs the benches one after another: all, or those named.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { environment, node24, root, setup } from "./setup.mjs";

setup();
const all = readdirSync(join(root, "bench"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
// Names come first; from the first flag on, everything belongs to the benches.
const given = process.argv.slice(2);
const firstFlag = given.findIndex((argument) => argument.startsWith("-"));
const named = firstFlag < 0 ? given : given.slice(0, firstFlag);
const flags = firstFlag < 0 ? [] : given.slice(firstFlag);
const unknown = named.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(", ")}; there are: ${all.join(", ")}`);
  process.exit(2);
}

run([join("controlplane", "proto", "generate.ts")]);
run([join("cli", "src", "main.ts"), "build"]);
for (const name of named.length > 0 ? named : all) run([join("bench", `${name}.ts`), ...flags]);

function run(args) {
  const { status } = spawnSync(node24, args, { cwd: root, stdio: "inherit", env: environment() });
  if (status !== 0) process.exit(status ?? 1);
}
