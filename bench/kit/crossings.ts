import { setTimeout as sleep } from "node:timers/promises";
import type { RunningEnvoy } from "@sluice/host";

/** How often one request goes from Envoy into the VM, and from the VM to Envoy. */
export interface Crossings {
  /** Callbacks, and `malloc` for results. */
  readonly intoVm: readonly string[];
  readonly toHost: readonly string[];
}

/** Counts what one request does, from Envoy's own trace log. Only while nothing else goes through this Envoy. */
export async function countCrossings(envoy: RunningEnvoy, oneRequest: () => Promise<unknown>): Promise<Crossings> {
  await envoy.admin.setLogLevel("trace", "wasm");
  const before = envoy.logs().length;
  await oneRequest();
  // The stream's end is logged after its answer.
  await sleep(200);
  const lines = envoy.logs().slice(before).split("\n");
  await envoy.admin.setLogLevel("info", "wasm");
  return { intoVm: calls(lines, "[host->vm]"), toHost: calls(lines, "[vm->host]") };
}

/** Each call is followed by a line with its return; only the calls have an argument list. */
function calls(lines: readonly string[], direction: string): string[] {
  return lines.flatMap((line) => {
    const [, call] = line.split(`${direction} `);
    return call === undefined || / return/.test(call) ? [] : [call.split("(")[0] ?? call];
  });
}
