import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy, startEnvoyProcess } from "@sluice/host";
import { measure, type Measured, type Variant } from "@sluice/host/measure";

/** Strings, as Node's parseArgs gives them. */
export interface Effort {
  readonly rounds: string;
  readonly requests: string;
}

/** Measures variants in one Envoy, which is started for it and stopped behind it. */
export async function measureInEnvoy(
  config: object,
  variants: readonly Variant[],
  { rounds, requests }: Effort,
): Promise<readonly Measured[]> {
  const binary = await findEnvoy({ log: console.log });
  if (binary.kind !== "binary") throw new Error("the bench needs Envoy as a binary: set SLUICE_ENVOY to one");
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const logFile = join(folder, "envoy.log");
  const envoy = await startEnvoyProcess({ binary: binary.path, config, logFile, concurrency: 1 });
  try {
    await envoy.waitUntilReady({ timeoutMs: 20_000 });
    if (envoy.pid === undefined) throw new Error("the bench measures a process, and this Envoy tells no pid");
    const plan = { pid: envoy.pid, rounds: Number(rounds), requestsPerRound: Number(requests), connections: 8 };
    return await measure(variants, plan);
  } finally {
    await envoy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
