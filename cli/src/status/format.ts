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

/**
 * The report as text: a row for each proxy, then whatever is not as it should be, then all in a line. `now` is in ms since
 * the epoch; with `everyObject` also the objects that are well have a row.
 */
export function formatStatus(report: StatusReport, now: number, style: Style, everyObject = false): string {
  const sections = [
    report.proxies.length === 0 ? "The mesh has no proxies." : proxyTable(report.proxies, now, style),
    everyObject ? objectTable(report.objects.toSorted(byFile), style) : "",
    ...rejections(report.proxies, style),
    objectSection(report, style),
    unknownSection(report, style),
    report.proxies.length === 0 ? "" : summary(report, style),
  ];
  return sections.filter((text) => text !== "").join("\n\n");
}

/** `2 of 3 proxies are in sync, 1 of 2 objects applied`. */
function summary({ proxies, objects }: StatusReport, style: Style): string {
  const synced = proxies.filter(({ state }) => state === "SYNCED").length;
  const applied = objects.filter(({ state }) => state === "applied").length;
  const parts = [
    share(synced, proxies.length, ["proxy in sync", "proxies in sync"]),
    share(applied, objects.length, ["object applied", "objects applied"]),
  ];
  const isAll = synced === proxies.length && applied === objects.length;
  return `${isAll ? style.good("✓") : style.bad("✗")} ${parts.join(", ")}`;
}

function share(some: number, all: number, [one, many]: readonly [one: string, many: string]): string {
  const what = all === 1 ? one : many;
  return some === all ? `${all} ${what}` : `${some} of ${all} ${what}`;
}

function objectTable(objects: readonly Place[], style: Style): string {
  const heading = ["OBJECT", "STATE", "ACKED BY", "FROM"].map((title) => style.faint(title));
  const rows = objects.map((object) => {
    const { total, acked, rejected } = object.proxies;
    const refused = rejected === 0 ? "" : style.bad(`, refused by ${rejected}`);
    return [
      nameOf(object),
      colouredObjectState(object.state, style),
      `${acked}/${total}${refused}`,
      style.faint(`${object.file}:${object.line}`),
    ];
  });
  return formatTable([heading, ...rows]);
}

function byFile(a: Place, b: Place): number {
  return (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line;
}

function colouredObjectState(state: Place["state"], style: Style): string {
  if (state === "applied") return style.good(state);
  return state === "kept" ? style.doubtful(state) : style.bad(state);
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

/** What Envoys refused; of several that refused the same for the same reason it is said once. */
function rejections(proxies: readonly Proxy[], style: Style): string[] {
  const all = proxies.flatMap(({ id, rejected }) => rejected.map((one) => ({ id, ...one })));
  const alike = Map.groupBy(all, ({ type, resource, message }) => `${type} ${resource}\n${message}`);
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { type, resource, message, instead, objects } = first;
    const ids = new Set(same.flatMap(({ id, rejectedBy }) => rejectedBy ?? [id]));
    return [
      [
        `${style.bad("REJECTED")} by ${[...ids].join(", ")}: ${type} ${resource}`,
        `  Envoy says: ${message}`,
        ...objects.map((object) => `  made from ${nameOf(object)} (${object.file}:${object.line})`),
        `  ${instead === undefined ? "set aside, and there is no version before it" : "set aside; the last version that was accepted goes on"}`,
      ].join("\n"),
    ];
  });
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
