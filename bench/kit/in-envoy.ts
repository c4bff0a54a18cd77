import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy, type RunningEnvoy, startEnvoyProcess } from "@sluice/host";
import { measure, type Measured, type Variant } from "@sluice/host/measure";
import { countCrossings, type Crossings } from "./crossings.ts";

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
  return inEnvoy(config, async ({ pid }) => {
    if (pid === undefined) throw new Error("the bench measures a process, and this Envoy tells no pid");
    return measure(variants, { pid, rounds: Number(rounds), requestsPerRound: Number(requests), connections: 8 });
  });
}

/** What crosses between Envoy and its VMs for one request of each variant that is not its first. */
export async function crossingsInEnvoy(config: object, variants: readonly Variant[]): Promise<readonly Crossings[]> {
  return inEnvoy(config, async (envoy) => {
    const crossings: Crossings[] = [];
    for (const { send } of variants) {
      await send({ requests: 1, connections: 1 });
      crossings.push(await countCrossings(envoy, () => send({ requests: 1, connections: 1 })));
    }
    return crossings;
  });
}

async function inEnvoy<T>(config: object, run: (envoy: RunningEnvoy) => Promise<T>): Promise<T> {
  const binary = await findEnvoy({ log: console.log });
  if (binary.kind !== "binary") throw new Error("the bench needs Envoy as a binary: set SLUICE_ENVOY to one");
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const logFile = join(folder, "envoy.log");
  const envoy = await startEnvoyProcess({ binary: binary.path, config, logFile, concurrency: 1 });
  try {
    await envoy.waitUntilReady({ timeoutMs: 20_000 });
    return await run(envoy);
  } finally {
    await envoy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
