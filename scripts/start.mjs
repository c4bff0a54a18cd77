// `npm start [-- FOLDER ...]`: sets the project up, then runs a mesh: the sample, or the folder given.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { environment, node24, root, setup } from "./setup.mjs";

setup();

const given = process.argv.slice(2);
const named = given.some((argument, index) => !argument.startsWith("-") && !takesValue(given[index - 1]));
const args = named ? given : [join(root, "examples", "bookinfo"), ...given];

function takesValue(flag) {
  return flag !== undefined && /^--(xds-port|http-port|admin-port|state)$/.test(flag);
}

const child = spawn(node24, [join(root, "cli", "src", "main.ts"), "up", ...args], {
  cwd: process.env.INIT_CWD ?? root,
  stdio: "inherit",
  env: environment(),
});

// Signals are passed on, and this process ends when the child has. Ctrl-C in a terminal reaches the child twice so: by its
// process group and from here; `sluice up` takes two that come together for one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
