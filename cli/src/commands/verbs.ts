import { analyzeVerb } from "./analyze.ts";
import { benchVerb } from "./bench.ts";
import { buildVerb } from "./build.ts";
import { checkVerb } from "./check.ts";
import { completionVerb } from "./completion.ts";
import { controlPlaneVerb } from "./controlplane.ts";
import { devVerb } from "./dev.ts";
import { diffVerb } from "./diff.ts";
import { doctorVerb } from "./doctor.ts";
import { explainVerb } from "./explain.ts";
import { initVerb } from "./init.ts";
import { inspectVerb } from "./inspect.ts";
import { proxyConfigVerb } from "./proxy-config.ts";
import { runVerb } from "./run.ts";
import { statusVerb } from "./status.ts";
import { testVerb } from "./test.ts";
import { upVerb } from "./up.ts";
import { validateVerb } from "./validate.ts";
import { waitVerb } from "./wait.ts";
import type { Verb } from "./verb.ts";

/** Every verb, in the order of `sluice --help`. */
export const VERBS: readonly Verb[] = [
  initVerb,
  buildVerb,
  checkVerb,
  testVerb,
  devVerb,
  benchVerb,
  runVerb,
  inspectVerb,
  upVerb,
  statusVerb,
  waitVerb,
  proxyConfigVerb,
  validateVerb,
  analyzeVerb,
  diffVerb,
  explainVerb,
  controlPlaneVerb,
  doctorVerb,
  completionVerb,
];
