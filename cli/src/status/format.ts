import type { StatusReport } from "@sluice/controlplane";
import { formatDuration } from "../output/duration.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

type Proxy = StatusReport["proxies"][number];
type Place = StatusReport["objects"][number];
type Complaint = StatusReport["diagnostics"][number];

/** Whether every Envoy runs what the files say, and every object of the files is in the mesh as it stands there. */
export function isWell(report: StatusReport): boolean {
  return (
    report.proxies.every(({ state }) => state === "SYNCED") && report.objects.every(({ state }) => state === "applied")
  );
}

/** The report as text: a row for each proxy, then whatever is not as it should be. `now` is in ms since the epoch. */
export function formatStatus(report: StatusReport, now: number, style: Style): string {
  const sections = [
    report.proxies.length === 0 ? "The mesh has no proxies." : proxyTable(report.proxies, now, style),
    ...report.proxies.flatMap((proxy) => rejections(proxy, style)),
    objectSection(report, style),
    unknownSection(report, style),
  ];
  return sections.filter((text) => text !== "").join("\n\n");
}

function proxyTable(proxies: readonly Proxy[], now: number, style: Style): string {
  const heading = ["PROXY", "KIND", "STATE", "ENVOY", "RESOURCES", "LAST ACK", ""].map((title) => style.faint(title));
  const rows = proxies.map((proxy) => [
    proxy.id,
    proxy.kind,
    colouredState(proxy.state, style),
    proxy.envoyVersion ?? "-",
    `${proxy.resources.acked}/${proxy.resources.total}`,
    since(proxy.lastAck ?? proxy.connectedSince, now),
    style.faint(proxy.reason ?? ""),
  ]);
  return formatTable([heading, ...rows]);
}

function colouredState(state: Proxy["state"], style: Style): string {
  if (state === "SYNCED") return style.good(state);
  return state === "REJECTED" ? style.bad(state) : style.doubtful(state);
}

/** How long ago the last change of what is known about the Envoy was: its newest ACK, else its connection. */
function since(time: string | undefined, now: number): string {
  return time === undefined ? "-" : `${formatDuration(Math.max(0, now - Date.parse(time)))} ago`;
}

function rejections(proxy: Proxy, style: Style): string[] {
  return proxy.rejected.map(({ type, resource, message, objects }) =>
    [
      `${style.bad("REJECTED")} by ${proxy.id}: ${type} ${resource}`,
      `  Envoy says: ${message}`,
      ...objects.map((object) => `  made from ${nameOf(object)} (${object.file}:${object.line})`),
    ].join("\n"),
  );
}

const OBJECT_STATES = {
  kept: "its file has an error; the last good version goes on",
  refused: "its file has an error, and there is no good version",
} as const;

function objectSection({ objects, diagnostics }: StatusReport, style: Style): string {
  const rows = objects.flatMap((object) => {
    if (object.state === "applied") return [];
    const state = object.state === "kept" ? style.doubtful("KEPT") : style.bad("REFUSED");
    return [[state, nameOf(object), `${object.file}:${object.line}`, OBJECT_STATES[object.state]]];
  });
  const complaints = diagnostics.map((diagnostic) => formatComplaint(diagnostic, style));
  return [...(rows.length === 0 ? [] : [formatTable(rows)]), ...complaints].join("\n");
}

function formatComplaint({ severity, code, position, field, message, allowed, fix }: Complaint, style: Style): string {
  const place = `${position.file}:${position.line}:${position.column}`;
  const what = field === undefined || message.includes(field) ? message : `${field}: ${message}`;
  const more = [allowed === undefined ? "" : `; allowed: ${allowed}`, fix === undefined ? "" : `; ${fix}`].join("");
  return `${place}: ${severity === "error" ? style.bad(severity) : style.doubtful(severity)} ${code}: ${what}${more}`;
}

function unknownSection({ unknown }: StatusReport, style: Style): string {
  return unknown
    .map(
      ({ id, envoyVersion }) =>
        `${style.doubtful("UNKNOWN")} ${id} (Envoy ${envoyVersion || "?"}) is connected, but no workload or gateway has this name`,
    )
    .join("\n");
}

function nameOf({ kind, namespace, name }: Pick<Place, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}
