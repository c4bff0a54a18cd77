import type { Procfile } from "../procfile.ts";
import type { WantedPort } from "../ports/preflight.ts";
import type { MeshProxy } from "./api.ts";

/** A program of the Procfile with all that it is told about its place in the mesh. */
export interface ProgramTask {
  readonly name: string;
  readonly command: string;
  /** PORT, HTTP_PROXY, SLUICE_WORKLOAD, and `SLUICE_TCP_HOST_PORT` for each TCP service that its sidecar leads to. */
  readonly env: Readonly<Record<string, string>>;
  readonly address: string;
  /** Where it will listen, absent where its WorkloadEntry has no ports. */
  readonly port?: number;
}

/** The workload's own name: a proxy's id is "name.namespace", and a namespace has no dots. */
export function workloadName(proxyId: string): string {
  const end = proxyId.lastIndexOf(".");
  return end < 0 ? proxyId : proxyId.slice(0, end);
}

/** The programs that should run: those of the Procfile whose WorkloadEntry the mesh has. */
export function planPrograms(proxies: readonly MeshProxy[], procfile: Procfile): ProgramTask[] {
  return procfile.entries.flatMap(({ name, command }) => {
    const proxy = proxies.find(({ id }) => id === name) ?? proxies.find(({ id }) => workloadName(id) === name);
    if (proxy === undefined) return [];
    const port = proxy.inbound[0]?.appPort;
    const { outbound } = proxy;
    const env = {
      SLUICE_WORKLOAD: proxy.id,
      ...(port === undefined ? {} : { PORT: String(port) }),
      ...(outbound === undefined ? {} : { HTTP_PROXY: `http://${outbound.address}:${outbound.port}` }),
      ...tcpPlaces(proxy),
    };
    return [{ name, command, env, address: proxy.address, ...(port === undefined ? {} : { port }) }];
  });
}

/** Where a program finds the TCP services: their connections carry no name, so that each has a port of its own. */
function tcpPlaces({ outbound, tcp = [] }: MeshProxy): Record<string, string> {
  if (outbound === undefined) return {};
  return Object.fromEntries(
    tcp.map(({ host, port, listenPort }) => [tcpVariable(host, port), `${outbound.address}:${listenPort}`]),
  );
}

function tcpVariable(host: string, port: number): string {
  return `SLUICE_TCP_${host}_${port}`.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}

/** Entries of the Procfile that no WorkloadEntry asks for. */
export function unusedEntries(proxies: readonly MeshProxy[], procfile: Procfile): string[] {
  const used = new Set(planPrograms(proxies, procfile).map((program) => program.name));
  return procfile.entries.map((entry) => entry.name).filter((name) => !used.has(name));
}

/** Where an Envoy listens, each with what for. */
export function envoyPorts(proxy: MeshProxy): WantedPort[] {
  const { id, address, outbound, tcp = [] } = proxy;
  return [
    ...proxy.gatewayPorts.map((port) => ({ address, port, purpose: `the gateway ${id}` })),
    ...proxy.inbound.map(({ name, listenPort }) => ({
      address,
      port: listenPort,
      purpose: `the sidecar of ${id}, inbound ${name}`,
    })),
    ...(outbound === undefined ? [] : [{ ...outbound, purpose: `the sidecar of ${id}, outbound` }]),
    ...tcp.map(({ host, port, listenPort }) => ({
      address: outbound?.address ?? address,
      port: listenPort,
      purpose: `the sidecar of ${id}, ${host}:${port}`,
    })),
  ];
}

/** Everything that Envoys and programs will listen on. */
export function meshPorts(proxies: readonly MeshProxy[], programs: readonly ProgramTask[]): WantedPort[] {
  return [
    ...proxies.flatMap(envoyPorts),
    ...programs.flatMap(({ name, address, port }) =>
      port === undefined ? [] : [{ address, port, purpose: `the program ${name}` }],
    ),
  ];
}

/** What should run, by name, with a text that changes when it must be started anew. */
export type Fingerprints = ReadonlyMap<string, string>;

/** Which of the running things to stop and which of the wanted ones to start; what changed is in both lists. */
export function planChanges(running: Fingerprints, wanted: Fingerprints): { stop: string[]; start: string[] } {
  const stop = [...running].filter(([name, text]) => wanted.get(name) !== text).map(([name]) => name);
  const start = [...wanted].filter(([name, text]) => running.get(name) !== text).map(([name]) => name);
  return { stop, start };
}
