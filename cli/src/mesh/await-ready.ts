import type { StatusReport } from "@sluice/controlplane";
import { joinWords } from "../output/join-words.ts";
import type { Terminal } from "../output/terminal.ts";
import { pause } from "../process/pause.ts";
import { formatStatus } from "../status/format.ts";
import type { ControlPlaneApi } from "./api.ts";
import type { Wanted } from "./mesh.ts";
import { meshPorts } from "./plan.ts";
import { accepts } from "./accepts.ts";

const POLL_MS = 100;
const PATIENCE_MS = 60_000;

/** What a mesh still lacks before it can serve. */
export interface Lacking {
  /** Proxies that have not acknowledged everything. */
  readonly proxies: readonly string[];
  /** Ports that nobody answers on, by purpose. */
  readonly ports: readonly string[];
}

/**
 * Waits until every Envoy has acknowledged all that it should run and everything listens. What Envoy rejects, or what
 * takes longer than a minute, is shown and not waited for: the mesh is up as far as it goes, and an edit may mend it.
 */
export async function awaitReady(
  wanted: Wanted,
  api: ControlPlaneApi,
  terminal: Terminal,
  stop: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const last = await terminal.step("every Envoy has acknowledged its configuration, and listens", async (note) => {
    for (;;) {
      const report = await api.status().catch(() => undefined);
      const lacking = await whatLacks(wanted, report);
      const done = lacking.proxies.length + lacking.ports.length === 0;
      const hopeless =
        report?.proxies.some(({ state }) => state === "REJECTED") === true || performance.now() > deadline;
      if (done || hopeless || stop.aborted) return { value: { done, report, lacking }, failed: !done };
      note(describeLacking(lacking, wanted.proxies.length));
      await pause(POLL_MS, stop);
    }
  });
  if (last.done || stop.aborted) return;
  terminal.line(
    `\n${terminal.style.bad("Not all of the mesh is ready")}: ${describeLacking(last.lacking, wanted.proxies.length)}`,
  );
  if (last.report !== undefined) terminal.line(formatStatus(last.report, Date.now(), terminal.style));
}

async function whatLacks(wanted: Wanted, report: StatusReport | undefined): Promise<Lacking> {
  const synced = new Set(report?.proxies.flatMap(({ id, state }) => (state === "SYNCED" ? [id] : [])));
  const ports = meshPorts(wanted.proxies, wanted.programs);
  const open = await Promise.all(ports.map(({ address, port }) => accepts(address, port)));
  return {
    proxies: wanted.proxies.flatMap(({ id }) => (synced.has(id) ? [] : [id])),
    ports: ports.flatMap(({ purpose }, index) => (open[index] === true ? [] : [purpose])),
  };
}

const MOST_NAMES = 3;

/** "5 of 7 Envoys ready; waiting for a, b and 2 more". */
export function describeLacking({ proxies, ports }: Lacking, total: number): string {
  const names = proxies.length > 0 ? proxies : ports;
  const shown = names.slice(0, MOST_NAMES);
  const rest = names.length - shown.length;
  const list = joinWords([...shown, ...(rest === 0 ? [] : [`${rest} more`])]);
  return `${total - proxies.length} of ${total} Envoys ready${list === "" ? "" : `; waiting for ${list}`}`;
}
