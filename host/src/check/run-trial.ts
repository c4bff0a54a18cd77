import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { messageOf } from "../error.ts";
import { error } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { TrialOptions } from "./trial.ts";

export interface TrialLimits extends TrialOptions {
  /** How long the whole trial may take, the start of a thread included. Default 10,000. */
  readonly timeLimitMs?: number;
}

const DEFAULT_LIMIT_MS = 10_000;
/** What JavaScript may use beside the module's own memory. */
const HEAP_MIB = 256;

/** `trial` on a thread that is ended when its time is over. Never rejects. */
export function runTrial(bytes: Uint8Array<ArrayBuffer>, limits: TrialLimits): Promise<Finding[]> {
  const { timeLimitMs = DEFAULT_LIMIT_MS, ...options } = limits;
  // The extension is the one of this file: `.ts` in the sources, `.js` in what is published.
  const file = new URL(`trial-worker${extname(import.meta.url)}`, import.meta.url);
  return new Promise((resolve) => {
    const worker = new Worker(file, {
      workerData: { bytes, options },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    const end = (findings: Finding[]): void => {
      clearTimeout(timer);
      resolve(findings);
      void worker.terminate();
    };
    const timer = setTimeout(() => {
      const message = `does not come to an end within ${timeLimitMs / 1_000} s: a callback, or the start, loops`;
      end([error("trial-limits", message, "Envoy sets no limit: such a worker thread stands still for ever")]);
    }, timeLimitMs);
    worker.once("message", end);
    worker.once("error", (thrown) => end([error("trial-limits", `the trial broke off: ${messageOf(thrown)}`)]));
  });
}
