import type { Style } from "../output/style.ts";
import type { Procfile } from "../procfile.ts";
import type { MeshProxy } from "./api.ts";

/** What a person needs to know once the mesh is up. */
export interface Summary {
  readonly proxies: readonly MeshProxy[];
  readonly procfile: Procfile;
  readonly folder: string;
  readonly logs: string;
  readonly apiUrl: string;
  /** The admin interface of `knownProxy`. */
  readonly admin: string;
  /** The file that tells where those of the others are. */
  readonly admins: string;
}

/** The Envoy whose admin interface is on the well-known port: the first gateway, else the first of all. */
export function knownProxy(proxies: readonly MeshProxy[]): MeshProxy | undefined {
  return proxies.find(({ kind }) => kind === "gateway") ?? proxies[0];
}

/** The addresses at which gateways take requests. */
export function gatewayUrls(proxies: readonly MeshProxy[]): string[] {
  return proxies.flatMap(({ address, gatewayPorts }) => gatewayPorts.map((port) => `http://${address}:${port}`));
}

/** Lines to print; empty strings are empty lines. */
export function formatSummary(summary: Summary, style: Style): string[] {
  const urls = gatewayUrls(summary.proxies);
  const row = (name: string, value: string): string => `  ${style.faint(name.padEnd(10))}${value}`;
  const gateways = urls.length === 0 ? ["none: the mesh has no Gateway"] : urls;
  return [
    "",
    ...gateways.map((url, index) => row(index === 0 ? "Gateway" : "", style.strong(url))),
    ...(summary.procfile.open === undefined ? [] : [row("Open", summary.procfile.open)]),
    ...tries(summary, urls).map((line, index) => row(index === 0 ? "Try" : "", line)),
    ...metrics(summary).map((value) => row("Metrics", value)),
    row("Live YAML", `${summary.folder} (save a file there, and the mesh follows)`),
    row("Logs", summary.logs),
    row("Status", `${summary.apiUrl}/status, or: sluice status`),
    row("Stop", "Ctrl-C"),
    "",
  ];
}

function metrics({ proxies, admin, admins }: Summary): string[] {
  const known = knownProxy(proxies);
  return known === undefined ? [] : [`${admin}/stats/prometheus (${known.id}; the other Envoys: ${admins})`];
}

function tries({ procfile, apiUrl }: Summary, urls: readonly string[]): readonly string[] {
  if (procfile.tries.length > 0) return procfile.tries;
  return [...urls.slice(0, 1).map((url) => `curl -i ${url}/`), `curl ${apiUrl}/status`, `curl ${apiUrl}/proxies`];
}
