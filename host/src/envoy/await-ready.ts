import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError, messageOf } from "../error.ts";
import { type AdminAddress, type AdminClient, parseAdminAddress } from "./admin.ts";
import { lastLines } from "./log-file.ts";
import type { EnvoyExit, ReadyWhen } from "./running.ts";

/** What is watched while waiting. */
export interface Watched {
  readonly name: string;
  readonly logFile: string;
  readonly exited: Promise<EnvoyExit>;
}

const POLL_MS = 20;
const DEFAULT_TIMEOUT_MS = 10_000;

/** Waits until Envoy is LIVE and the listeners asked for are active. Rejects with HostError `envoy_start`. */
export async function awaitReady(admin: AdminClient, watched: Watched, when: ReadyWhen = {}): Promise<void> {
  await poll(watched, when.timeoutMs ?? DEFAULT_TIMEOUT_MS, async () => {
    const { ready, state } = await admin.ready();
    if (!ready) return { wait: `it is ${state}` };
    if (when.listeners === undefined) return { done: undefined };
    const missing = missingListeners(
      when.listeners,
      (await admin.listeners()).map((listener) => listener.name),
    );
    return missing === undefined ? { done: undefined } : { wait: missing };
  });
}

/** Waits for the file that Envoy writes its admin address to. Rejects with HostError `envoy_start`. */
export async function awaitAdminAddress(watched: Watched, path: string): Promise<AdminAddress> {
  return await poll(watched, DEFAULT_TIMEOUT_MS, async () => {
    const found = parseAdminAddress(await readFile(path, "utf8"));
    return found === undefined ? { wait: "it has not told its admin address" } : { done: found };
  });
}

/** What of the listeners is still wanted, in words; undefined when nothing. */
export function missingListeners(wanted: number | readonly string[], active: readonly string[]): string | undefined {
  if (typeof wanted === "number") {
    return active.length >= wanted ? undefined : `${active.length} of ${wanted} listeners are active`;
  }
  const missing = wanted.filter((name) => !active.includes(name));
  return missing.length === 0 ? undefined : `these listeners are not active: ${missing.join(", ")}`;
}

/**
 * Asks again and again until there is an answer; ends early when Envoy does.
 * @param ask `done` ends the wait; `wait` says, for the error, what is missing. A rejection counts as "not yet".
 */
async function poll<T>(
  watched: Watched,
  timeoutMs: number,
  ask: () => Promise<{ done: T } | { wait: string }>,
): Promise<T> {
  let ended: EnvoyExit | undefined;
  void watched.exited.then((exit) => (ended = exit));
  const deadline = performance.now() + timeoutMs;
  let missing = "it has not answered yet";
  while (performance.now() < deadline) {
    const answer = await ask().catch((error: unknown) => ({ wait: messageOf(error) }));
    if ("done" in answer) return answer.done;
    missing = answer.wait;
    if (ended !== undefined) throw startError(watched, `ended with ${exitText(ended)}`);
    await sleep(POLL_MS);
  }
  throw startError(watched, `was not ready within ${timeoutMs} ms: ${missing}`);
}

function exitText(exit: EnvoyExit): string {
  return exit.signal === undefined ? `code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
}

function startError(watched: Watched, what: string): HostError {
  const tail = lastLines(watched.logFile, 15);
  return new HostError("envoy_start", `${watched.name} ${what}. The end of its log (${watched.logFile}):\n${tail}`);
}
