import { LogLevel } from "../abi/numbers.ts";
import { messageOf } from "../error.ts";
import type { Host } from "../vm/host.ts";
import type { Plugin } from "../vm/plugin.ts";
import { error, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { TrialOptions } from "./trial.ts";

// What a trial has come to, in words.

const MIB = 1024 * 1024;
const MUCH_MEMORY = 16 * MIB;

/** Why the host does not take the module. */
export function loadFinding(thrown: unknown): Finding {
  const message = messageOf(thrown);
  const inStart = /(\w+) in the module's start section/.exec(message);
  if (inStart === null) return error("trial-load", message);
  const what = `its start section calls ${inStart[1] ?? "the host"}: Envoy crashes as a whole when it loads it`;
  return error("start-section", what, "compile with --exportStart _initialize");
}

/** Why the plugin does not come up. */
export function refusal(host: Host, plugin: Plugin, { configuration, rootId }: TrialOptions): Finding {
  const [trapped] = trapFinding(host, plugin);
  if (trapped !== undefined) {
    const named = rootId === undefined && plugin.trap?.callback === "proxy_on_context_create";
    return named
      ? { ...trapped, fix: "does it know no plugin without a name? Give its root id with --root-id" }
      : trapped;
  }
  const words = host.logs.map(({ message }) => message).join("; ");
  const said = `${plugin.problem ?? ""}${words === "" ? "" : `: ${words}`}`;
  return configuration === undefined
    ? warning("trial-configure", `takes no empty configuration: ${said}`, "give it one with --config")
    : error("trial-configure", `refuses the configuration: ${said}`, "Envoy would reject it, too: correct it");
}

const TOLD_LOGS = 3;
const TOLD_FRAMES = 5;

/** The trap that lost the VM, with what the module logged before. */
export function trapFinding(host: Host, { trap }: Plugin): Finding[] {
  if (trap === undefined) return [];
  const logs = host.logs.filter(({ source, level }) => source === "module" && level >= LogLevel.Error);
  const lines = [
    `${trap.callback} traps: ${trap.message}`,
    ...logs.slice(-TOLD_LOGS).map(({ message }) => `it logged: ${message}`),
    ...trap.backtrace.slice(0, TOLD_FRAMES).map((frame) => `  at ${frame}`),
  ];
  const fix = "Envoy answers 503 from then on: mend it, or look closer with `sluice run` and a build with --debug";
  return [error("trial-trap", lines.join("\n"), fix)];
}

/** Three small streams need no such memory. Envoy has one VM for each worker thread. */
export function growthFinding(bytes: number): Finding[] {
  if (bytes <= MUCH_MEMORY) return [];
  const message = `its memory grew by ${Math.round(bytes / MIB)} MiB over two small requests or a connection`;
  return [warning("trial-limits", message, "look for what is allocated in a callback and kept")];
}
