import { Worker } from "node:worker_threads";
import type { CompileOutcome, CompileRequest } from "./compile.ts";

/** `compile` on a worker thread. A crash of the compiler is a diagnostic too. */
export function runCompiler(request: CompileRequest): Promise<CompileOutcome> {
  return new Promise((resolve) => {
    const fail = (message: string): void => {
      resolve({ diagnostics: [{ severity: "error", code: "BUILD", message }], compilerOutput: "", inputs: new Map() });
    };
    const argv = [request.root, request.configFile, request.entry, request.target];
    const worker = new Worker(new URL("compile-worker.ts", import.meta.url), { argv });
    worker.once("message", (outcome: CompileOutcome) => resolve(outcome));
    worker.once("error", (error) => fail(`the AssemblyScript compiler failed: ${String(error)}`));
    worker.once("exit", (code) => fail(`the AssemblyScript compiler ended with code ${code}`));
  });
}
