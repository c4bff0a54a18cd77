import { DEFAULT_ADDRESS, DEFAULT_ADMIN_PORT, DEFAULT_HTTP_PORT, DEFAULT_XDS_PORT } from "../commands/context.ts";
import { findPortConflicts, formatPortConflict } from "../ports/preflight.ts";
import type { WantedPort } from "../ports/preflight.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** The ports that verbs listen on unless they are told otherwise. */
const WANTED: readonly WantedPort[] = [
  { address: DEFAULT_ADDRESS, port: DEFAULT_XDS_PORT, purpose: "xDS" },
  { address: DEFAULT_ADDRESS, port: DEFAULT_HTTP_PORT, purpose: "the control plane's HTTP API" },
  { address: DEFAULT_ADDRESS, port: DEFAULT_ADMIN_PORT, purpose: "the gateway's admin interface" },
  { address: DEFAULT_ADDRESS, port: 10_000, purpose: "`sluice dev`" },
];

/** Whether they are free. A mesh that runs holds most of them, so a conflict is no failure. */
export async function checkPorts(wanted: readonly WantedPort[] = WANTED): Promise<Diagnosis> {
  const conflicts = await findPortConflicts(wanted);
  const ports = wanted.map(({ port }) => port).join(", ");
  if (conflicts.length === 0) return { name: "Ports", state: "ok", found: `${ports} are free` };
  const fix =
    "a mesh of yours? `sluice status` tells. Else stop that process, or choose others: --port, --xds-port, --http-port, --admin-port";
  return { name: "Ports", state: "warning", found: conflicts.map(formatPortConflict).join("\n"), fix };
}
