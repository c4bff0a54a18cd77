import type { AuthorizationAt, Explanation, Outcome, Place } from "@sluice/controlplane";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

/** The way of a request for a person: where it comes in, which route takes it and why, where it goes, who may stop it. */
export function formatExplanation(explanation: Explanation, style: Style): string {
  const { proxy, listener, request, virtualHost } = explanation;
  const query = request.query === "" ? "" : `?${request.query}`;
  return [
    `${style.strong(`${request.method} ${request.path}${query}`)} for ${request.authority}`,
    "",
    formatTable([
      ["proxy", `${proxy.id} (${proxy.kind})`],
      ["listener", `${listener.name} on ${listener.address}:${listener.port}`],
      ["virtual host", virtualHost === undefined ? style.bad("none") : `${virtualHost.name}, by ${virtualHost.domain}`],
    ]),
    "",
    ...routes(explanation, style),
    "",
    ...outcome(explanation.outcome, style),
    ...effects(explanation, style),
    ...explanation.authorization.flatMap((at) => authorization(at, style)),
  ].join("\n");
}

function routes({ attempts, leftOut }: Explanation, style: Style): string[] {
  const rows = attempts.map(({ route, madeFrom, mismatch }) => [
    mismatch === undefined ? `  ${style.good("✓")} ${style.strong(route)}` : `  ${style.faint("✗")} ${route}`,
    madeFrom === undefined ? style.faint("built in") : placeOf(madeFrom),
    mismatch ?? style.good("matches"),
  ]);
  const others = leftOut.map(({ rule, reason, ...place }) => [
    `  ${style.faint("-")} ${rule ?? ""}`,
    placeOf(place),
    reason,
  ]);
  return ["routes, in the order in which they are tried", formatTable([...others, ...rows])];
}

function placeOf({ object, position }: Omit<Place, "rule">): string {
  return `${object} (${position.file}:${position.line})`;
}

function outcome(result: Outcome, style: Style): string[] {
  if (result.kind === "redirect")
    return [`answers ${style.strong(String(result.status))}, Location ${result.location}`];
  if (result.kind === "respond") return [`answers ${style.bad(String(result.status))}: ${result.why}`];
  const rows = result.destinations.map(({ host, subset, port, percent, endpoints, workloads }) => [
    `  ${Number(percent.toFixed(2))} %`,
    `${style.strong(host)}:${port}`,
    subset ?? "",
    endpoints.length === 0
      ? style.bad("nothing is there: 503")
      : workloads.length === 0
        ? endpoints.join(", ")
        : workloads.join(", "),
  ]);
  return ["goes to", formatTable(rows)];
}

function effects({ effects: all }: Explanation, style: Style): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ kind, text }) => [`  ${kind}`, kind === "fault" ? style.doubtful(text) : text]);
  return ["", "on its way", formatTable(rows)];
}

function authorization({ workload, role, policies, decision }: AuthorizationAt, style: Style): string[] {
  const head = `authorization at ${workload} (${role})`;
  if (policies.length === 0) return ["", `${head}: no policy applies`];
  const names = policies.map((place) => `  ${placeOf(place)}`);
  if (decision === undefined) return ["", `${head}: these policies decide`, ...names];
  const verdict = decision.allowed ? style.good(decision.summary) : style.bad(decision.summary);
  const reasons = decision.rules.map(({ identity, mismatch }) => `    ${identity}: ${mismatch ?? "matches"}`);
  return ["", `${head}: ${verdict}`, ...names, ...reasons];
}
