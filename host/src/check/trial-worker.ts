// A trial on a thread of its own: a module that never returns can be ended only from outside.
import { parentPort, workerData } from "node:worker_threads";
import { trial } from "./trial.ts";
import type { TrialOptions } from "./trial.ts";

// Only run-trial.ts starts this thread, with exactly that.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const { bytes, options } = workerData as { bytes: Uint8Array<ArrayBuffer>; options: TrialOptions };
parentPort?.postMessage(trial(bytes, options), []);
