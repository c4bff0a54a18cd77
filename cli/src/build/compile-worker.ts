// asc on a thread of its own: a crash of the compiler, which ends its process, ends only the thread; and what asc has
// loaded and compiled of itself serves every further request.

import { enableCompileCache, flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type * as Asc from "assemblyscript/asc";
import { compile } from "./compile.ts";
import type { CompileRequest } from "./compile.ts";

// Only compiler.ts starts this thread, with the address of asc's module.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const { ascUrl } = workerData as { ascUrl: string };

// asc and Binaryen are 12 MB of JavaScript; keeping what V8 makes of them saves a third of loading them.
enableCompileCache();
// The module is the one that package.json names; its types come from the same package.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const asc = (await import(ascUrl)) as typeof Asc;
flushCompileCache();

let last: Promise<void> = Promise.resolve();
// One after another: Binaryen keeps its options in global variables.
parentPort?.on("message", (request: CompileRequest) => {
  last = last.then(async () => parentPort?.postMessage(await compile(asc, request), []));
});
