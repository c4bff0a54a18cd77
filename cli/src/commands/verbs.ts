import { benchVerb } from "./bench.ts";
import { buildVerb } from "./build.ts";
import { checkVerb } from "./check.ts";
import { completionVerb } from "./completion.ts";
import { controlPlaneVerb } from "./controlplane.ts";
import { devVerb } from "./dev.ts";
import { doctorVerb } from "./doctor.ts";
import { initVerb } from "./init.ts";
import { inspectVerb } from "./inspect.ts";
import { runVerb } from "./run.ts";
import { statusVerb } from "./status.ts";
import { testVerb } from "./test.ts";
import { upVerb } from "./up.ts";
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
  controlPlaneVerb,
  doctorVerb,
  completionVerb,
];
