import { Worker } from "node:worker_threads";
import { workerUrl } from "../process/worker-url.ts";
import type { CompileOutcome, CompileRequest } from "./compile.ts";

/** asc, loaded once. Requests are answered in their order. */
export interface Compiler {
  /** Never rejects: a crash of the compiler is a diagnostic too. */
  compile(request: CompileRequest): Promise<CompileOutcome>;
  close(): Promise<void>;
}

type Answer = (outcome: CompileOutcome) => void;

/** Starts asc on a worker thread, and again for the next request after a crash. `ascUrl`: the module `assemblyscript/asc`. */
export function startCompiler(ascUrl: string): Compiler {
  let thread: { readonly worker: Worker; readonly waiting: Answer[] } | undefined;

  function start(): { readonly worker: Worker; readonly waiting: Answer[] } {
    const waiting: Answer[] = [];
    const worker = new Worker(workerUrl("compile-worker", import.meta.url), { workerData: { ascUrl } });
    const started = { worker, waiting };
    const fail = (message: string): void => {
      if (thread === started) thread = undefined;
      for (const answer of waiting.splice(0)) answer(crashed(message));
    };
    worker.on("message", (outcome: CompileOutcome) => waiting.shift()?.(outcome));
    worker.once("error", (error) => fail(`the AssemblyScript compiler failed: ${String(error)}`));
    worker.once("exit", (code) => fail(`the AssemblyScript compiler ended with code ${code}`));
    return started;
  }

  thread = start();
  return {
    compile: (request) =>
      new Promise((resolve) => {
        thread ??= start();
        thread.waiting.push(resolve);
        thread.worker.postMessage(request, []);
      }),
    close: async () => void (await thread?.worker.terminate()),
  };
}

function crashed(message: string): CompileOutcome {
  return { diagnostics: [{ severity: "error", code: "BUILD", message }], compilerOutput: "", inputs: new Map() };
}
