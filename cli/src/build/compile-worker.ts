// asc on a thread of its own: two filters compile at the same time, and a crash of the compiler, which ends its
// process, ends only the thread.

import { parentPort } from "node:worker_threads";
import { compile } from "./compile.ts";

/** The fields of a CompileRequest, as run-compiler.ts gives them. */
const [root = "", configFile = "", entry = "", target] = process.argv.slice(2);
const outcome = await compile({ root, configFile, entry, target: target === "debug" ? "debug" : "release" });
parentPort?.postMessage(outcome, []);
