import type { ResourceDifference } from "@sluice/controlplane";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import type { ProxyResource, ProxyView } from "./read.ts";
import { LAYOUTS } from "./rows.ts";

/** A table for each type: what was sent, what has become of it, whether the Envoy runs just that, and whose it is. */
export function formatProxy({ resources, unasked }: ProxyView, style: Style): string {
  if (resources.length === 0) return "there is no such resource";
  const byType = Map.groupBy(resources, ({ type }) => type);
  const tables = [...byType].map(([type, of]) => table(type, of, byType.size > 1, style));
  const refused = resources.flatMap(({ type, name, message }) =>
    message === undefined ? [] : [`${style.bad("REFUSED")} ${type} ${name}\n  Envoy says: ${message}`],
  );
  const note = unasked === undefined ? [] : [style.faint(`What the Envoy runs is not known: ${unasked}`)];
  return [...tables, ...refused, ...note].join("\n\n");
}

function table(type: string, resources: readonly ProxyResource[], isOneOfMany: boolean, style: Style): string {
  const { heading, rows } = LAYOUTS[type] ?? { heading: ["NAME"], rows: ({ name }: ProxyResource) => [[name]] };
  const titles = [...heading, "SENT", "RUNNING", "FROM"].map((title) => style.faint(title));
  const body = resources.flatMap((resource) => {
    const own = rows(resource);
    // What the Envoy runs too much has no contents here.
    const shown = own.length === 0 ? [[resource.name, ...heading.slice(1).map(() => "")]] : own;
    return shown.map((row, index) => [...row, ...(index === 0 ? states(resource, style) : ["", "", ""])]);
  });
  return [...(isOneOfMany ? [style.strong(type)] : []), formatTable([titles, ...body])].join("\n");
}

function states({ state, running, objects }: ProxyResource, style: Style): string[] {
  const good = state === "SYNCED" || state === "NOT_REQUESTED";
  const sent = state === "ERROR" ? style.bad(state) : good ? style.good(state) : style.doubtful(state);
  return [sent, running === undefined ? "-" : coloured(running, style), style.faint(madeFrom(objects))];
}

function coloured(state: ResourceDifference["state"], style: Style): string {
  return state === "same" ? style.good(state) : style.bad(state);
}

/** Rules first: that a service is part of what is made for it is no news. */
function madeFrom(objects: ProxyResource["objects"]): string {
  const rules = objects.filter(({ kind }) => !["ServiceEntry", "WorkloadEntry", "Service"].includes(kind));
  const [first, ...more] = rules.length > 0 ? rules : objects;
  if (first === undefined) return "";
  return `${first.kind} ${first.namespace}/${first.name}${more.length === 0 ? "" : ` +${more.length}`}`;
}

/** Only what differs, and how much does not. */
export function formatComparison(differences: readonly ResourceDifference[], style: Style): string {
  const bad = differences.filter(({ state }) => state !== "same");
  const same = `${differences.length - bad.length} resources are the same`;
  if (bad.length === 0) return `${style.good("✓")} ${same}`;
  const titles = ["TYPE", "NAME", "STATE", "SENT", "RUNNING"].map((title) => style.faint(title));
  const rows = bad.map(({ type, name, state, given = "-", running = "-" }) => [
    type,
    name,
    style.bad(state),
    given,
    running,
  ]);
  return `${formatTable([titles, ...rows])}\n\n${same}`;
}
