import type {
  Arrival,
  Attempt,
  AuthorizationAt,
  ConnectionExplanation,
  ConnectionOutcome,
  DestinationShare,
  Effect,
  Explanation,
  Outcome,
  Place,
} from "@sluice/controlplane";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

/** The way of a request for a person: where it comes in, which route takes it and why, where it goes, who may stop it. */
export function formatExplanation(explanation: Explanation, style: Style): string {
  const { request, virtualHost, outcome } = explanation;
  const query = request.query === "" ? "" : `?${request.query}`;
  const host = virtualHost === undefined ? style.bad("none") : `${virtualHost.name}, by ${virtualHost.domain}`;
  return [
    `${style.strong(`${request.method} ${request.path}${query}`)} for ${request.authority}`,
    "",
    ...arrival(explanation, [["virtual host", host]], style),
    "",
    ...routes(explanation, style),
    "",
    ...(outcome.kind === "forward" ? destinations(outcome.destinations, style) : answer(outcome, style)),
    ...goesOnAs(explanation),
    ...effects(explanation.effects, style),
    ...explanation.authorization.flatMap((at) => authorization(at, style)),
  ].join("\n");
}

/** The same of a connection that is not looked into. */
export function formatConnection(explanation: ConnectionExplanation, style: Style): string {
  const { connection, attempts, outcome } = explanation;
  const { host, port, sni } = connection;
  const tls = sni === undefined ? "" : sni === "" ? ", TLS without a server name" : `, TLS for ${sni}`;
  const rules = attempts.length === 0 ? ["no VirtualService speaks of it"] : rulesTried(attempts.map(row(style)));
  return [
    `${style.strong(`connection to ${host}:${port}`)}${tls}`,
    "",
    ...arrival(explanation, [], style),
    "",
    ...(outcome.kind === "forward" ? [...rules, ""] : []),
    ...(outcome.kind === "forward" ? destinations(outcome.destinations, style) : end(outcome, style)),
    ...(outcome.kind === "forward" ? effects(explanation.effects, style) : []),
    ...explanation.authorization.flatMap((at) => authorization(at, style)),
  ].join("\n");
}

/** One chain that takes everything is no news. */
function arrival({ proxy, listener, chains }: Arrival, more: readonly string[][], style: Style): string[] {
  const isPlain = chains.length === 1 && chains[0]?.mismatch === undefined && chains[0]?.tls === undefined;
  const table = formatTable([
    ["proxy", `${proxy.id} (${proxy.kind})`],
    ["listener", `${listener.name} on ${listener.address}:${listener.port}`],
    ...more,
  ]);
  if (isPlain) return [table];
  const rows = chains.map(({ chain, tls, mismatch }) => {
    const certificate =
      tls === undefined ? "" : `TLS ends here, with ${tls.certificates.join(", ") || "no certificate"}`;
    const asks = tls?.asksForCertificate === true ? "; the client needs a certificate" : "";
    const ends = certificate === "" ? [] : [`${certificate}${asks}`];
    return [sign(chain, mismatch, style), mismatch ?? style.good("takes it"), ...ends];
  });
  return [table, "", "chains of the listener", formatTable(rows)];
}

function sign(name: string, mismatch: string | undefined, style: Style): string {
  return mismatch === undefined ? `  ${style.good("✓")} ${style.strong(name)}` : `  ${style.faint("✗")} ${name}`;
}

function routes({ attempts, leftOut }: Explanation, style: Style): string[] {
  const others = leftOut.map(({ rule, reason, ...place }) => [
    `  ${style.faint("-")} ${rule ?? ""}`,
    placeOf(place),
    reason,
  ]);
  return rulesTried([...others, ...attempts.map(row(style))]);
}

function rulesTried(rows: readonly (readonly string[])[]): string[] {
  return ["routes, in the order in which they are tried", formatTable(rows)];
}

function row(style: Style): (attempt: Attempt) => readonly string[] {
  return ({ route, madeFrom, mismatch }) => [
    sign(route, mismatch, style),
    madeFrom === undefined ? style.faint("built in") : placeOf(madeFrom),
    mismatch ?? style.good("matches"),
  ];
}

function placeOf({ object, position }: Omit<Place, "rule">): string {
  return `${object} (${position.file}:${position.line})`;
}

function answer(result: Exclude<Outcome, { kind: "forward" }>, style: Style): string[] {
  if (result.kind === "redirect")
    return [`answers ${style.strong(String(result.status))}, Location ${result.location}`];
  return [`answers ${style.bad(String(result.status))}: ${result.why}`];
}

function end(result: Exclude<ConnectionOutcome, { kind: "forward" }>, style: Style): string[] {
  if (result.kind === "close") return [`${style.bad("is closed")}: ${result.why}`];
  return [`carries HTTP, by the routes ${result.routes}: ask with \`sluice explain request\``];
}

function destinations(all: readonly DestinationShare[], style: Style): string[] {
  const rows = all.map(({ host, subset, port, percent, endpoints, workloads, manners }) => [
    `  ${Number(percent.toFixed(2))} %`,
    `${style.strong(host)}:${port}`,
    subset ?? "",
    endpoints.length === 0 ? style.bad("nothing is there") : several(workloads.length === 0 ? endpoints : workloads),
    style.faint(manners.join(", ")),
  ]);
  const rules = new Set(all.flatMap((one) => one.rules.map(placeOf)));
  return ["goes to", formatTable(rows), ...[...rules].map((rule) => `  by ${rule}`)];
}

/** Nobody reads a thousand addresses. */
const MOST = 6;

function several(names: readonly string[]): string {
  const shown = names.slice(0, MOST).join(", ");
  return names.length > MOST ? `${shown} and ${names.length - MOST} more` : shown;
}

function goesOnAs({ request, forwarded }: Explanation): string[] {
  if (forwarded === undefined) return [];
  const host = forwarded.authority === request.authority ? "" : ` for ${forwarded.authority}`;
  return [`  as ${request.method} ${forwarded.path}${host}`];
}

function effects(all: readonly Effect[], style: Style): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ kind, text, from }) => [
    `  ${kind}`,
    kind === "fault" ? style.doubtful(text) : text,
    ...(from === undefined ? [] : [style.faint(placeOf(from))]),
  ]);
  return ["", "on its way", formatTable(rows)];
}

function authorization({ workload, role, policies, tokens, decision }: AuthorizationAt, style: Style): string[] {
  const head = `authorization at ${workload} (${role})`;
  const checked = tokens.map((place) => `  a token is checked by ${placeOf(place)}`);
  if (policies.length === 0) return ["", `${head}: no policy applies`, ...checked];
  const names = policies.map((place) => `  ${placeOf(place)}`);
  if (decision === undefined) return ["", `${head}: these policies decide`, ...names, ...checked];
  const verdict = decision.allowed ? style.good(decision.summary) : style.bad(decision.summary);
  const reasons = decision.rules.map(({ identity, mismatch }) => `    ${identity}: ${mismatch ?? "matches"}`);
  return ["", `${head}: ${verdict}`, ...names, ...reasons, ...checked];
}
