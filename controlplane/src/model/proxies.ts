import { PortAllotment } from "./allot-ports.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { DEFAULT_CONFIG } from "./empty-mesh.ts";
import { gatewayWorkloads, workloadId } from "./gateway-workload.ts";
import { hasSidecar } from "./kinds/workload-entry.ts";
import { sidecarFor } from "./lookup/sidecar-for.ts";
import { allotTcpPorts } from "./tcp-ports.ts";
import type {
  ConnectionPool,
  Gateway,
  InboundPort,
  IngressListener,
  MeshConfig,
  Proxy,
  Service,
  Sidecar,
  Workload,
} from "./types.ts";

/** Where a program finds its own sidecar: never reachable from another machine. */
const OUTBOUND_ADDRESS = "127.0.0.1";
const INBOUND_RANGE = { first: 20_000, last: 29_999 };
/** Below the ports that Linux (from 32768) and macOS (from 49152) give to clients, which would collide by chance. */
const OUTBOUND_RANGE = { first: 10_000, last: 19_999 };
/** Istio's own ports: 15000 is Envoy's admin interface, 15010 xDS, 15014 the control plane's HTTP. */
const ISTIO_RANGE = { first: 15_000, last: 15_099 };

export interface DerivedProxies {
  readonly proxies: readonly Proxy[];
  readonly diagnostics: readonly Diagnostic[];
}

type MeshParts = {
  readonly services: readonly Service[];
  readonly workloads: readonly Workload[];
  readonly gateways: readonly Gateway[];
  readonly sidecars?: readonly Sidecar[];
  readonly config?: Pick<MeshConfig, "rootNamespace">;
};

/**
 * The Envoys that should run, sorted by id: one sidecar beside each workload, except beside those that are gateways.
 * Ports follow from the objects alone. A sidecar for which no port is left is missing, with an error on its workload.
 */
export function deriveProxies(mesh: MeshParts): DerivedProxies {
  const gateways = gatewayWorkloads(mesh.gateways, mesh.workloads);
  const programs = mesh.workloads
    .filter((workload) => hasSidecar(workload) && !gateways.has(workloadId(workload)))
    .toSorted(byId);
  const { sidecars = [], config = DEFAULT_CONFIG } = mesh;
  const reserved = portsReserved(mesh);
  const inbound = new PortAllotment(INBOUND_RANGE, reserved);
  const outbound = new PortAllotment(OUTBOUND_RANGE, reserved);
  const served = portsServed(mesh.services);
  const diagnostics: Diagnostic[] = [];
  const proxies = [...gateways].map(([id, entry]): Proxy => ({
    id,
    kind: "gateway",
    workload: entry.workload,
    inbound: [],
    gateways: entry.gateways,
  }));
  for (const workload of programs) {
    const scope = sidecarFor(sidecars, workload, config.rootNamespace);
    const sidecar = sidecarOf(workload, inboundPorts(workload, served.get(workload) ?? [], scope), inbound, outbound);
    if (sidecar === undefined) diagnostics.push(noPortLeft(workload));
    else proxies.push(sidecar);
  }
  // Last, so that the ports of HTTP stay where they are when a TCP service comes or goes.
  const tcp = allotTcpPorts(
    proxies.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    mesh.services,
    outbound,
  );
  return { proxies: tcp.proxies, diagnostics: [...diagnostics, ...tcp.diagnostics] };
}

type ServedPort = Pick<InboundPort, "name" | "appPort"> & { readonly service: NonNullable<InboundPort["service"]> };

/** Ports of each workload by the services that pick it, in the order of the mesh. */
function portsServed(services: readonly Service[]): Map<Workload, ServedPort[]> {
  const result = new Map<Workload, ServedPort[]>();
  for (const service of services) {
    for (const { workload, ports } of service.endpoints) {
      if (workload === undefined) continue;
      const list = result.get(workload) ?? [];
      result.set(workload, list);
      for (const port of service.ports)
        list.push({ name: port.name, appPort: ports[port.name] ?? port.number, service: { host: service.host, port } });
    }
  }
  return result;
}

/** Ports of a workload's program; a Sidecar with ingress listeners has them instead of all others. */
function inboundPorts(
  workload: Workload,
  served: readonly ServedPort[],
  sidecar: Sidecar | undefined,
): readonly Omit<InboundPort, "listenPort">[] {
  if (sidecar?.ingress !== undefined)
    return sidecar.ingress.map((ingress) => ingressPort(ingress, served, sidecar.inboundConnectionPool));
  const byPort = new Map<number, Omit<InboundPort, "listenPort">>();
  // Two services may share a port of the program; the first one's name is what its metrics carry.
  for (const port of served) if (!byPort.has(port.appPort)) byPort.set(port.appPort, port);
  for (const [name, appPort] of Object.entries(workload.ports).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!byPort.has(appPort)) byPort.set(appPort, { name, appPort });
  }
  const pool = sidecar?.inboundConnectionPool;
  return [...byPort.values()].map((port) => (pool === undefined ? port : { ...port, connectionPool: pool }));
}

function ingressPort(
  ingress: IngressListener,
  served: readonly ServedPort[],
  pool: ConnectionPool | undefined,
): Omit<InboundPort, "listenPort"> {
  const { name, port, protocol } = ingress;
  const service = served.find(({ appPort }) => appPort === port)?.service;
  const connectionPool = ingress.connectionPool ?? pool;
  return {
    name,
    appPort: port,
    ingress,
    ...(service === undefined ? {} : { service: { ...service, port: { ...service.port, protocol } } }),
    ...(connectionPool === undefined ? {} : { connectionPool }),
  };
}

function sidecarOf(
  workload: Workload,
  open: readonly Omit<InboundPort, "listenPort">[],
  inbound: PortAllotment,
  outbound: PortAllotment,
): Proxy | undefined {
  const id = workloadId(workload);
  const ports: InboundPort[] = [];
  for (const port of open.toSorted((a, b) => a.appPort - b.appPort)) {
    const isExact = port.ingress?.isExact === true;
    const listenPort = isExact ? port.appPort : inbound.allot(`${id}:${port.appPort}`);
    if (listenPort === undefined) return undefined;
    ports.push({ ...port, listenPort });
  }
  const port = outbound.allot(id);
  return port === undefined
    ? undefined
    : { id, kind: "sidecar", workload, inbound: ports, outbound: { address: OUTBOUND_ADDRESS, port }, gateways: [] };
}

/** Istio's ports, and every port that a user wrote somewhere: none of them may be given to a sidecar. */
function portsReserved({ services, workloads, gateways, sidecars = [] }: MeshParts): Set<number> {
  const { first, last } = ISTIO_RANGE;
  const named = new Set(Array.from({ length: last - first + 1 }, (_, index) => first + index));
  for (const workload of workloads) for (const port of Object.values(workload.ports)) named.add(port);
  for (const service of services) {
    for (const port of service.ports) named.add(port.number);
    for (const endpoint of service.endpoints) for (const port of Object.values(endpoint.ports)) named.add(port);
  }
  for (const { ingress = [], listeners = [] } of sidecars)
    for (const { port } of [...ingress, ...listeners]) named.add(port);
  for (const { target } of sidecars.flatMap(({ ingress = [] }) => ingress))
    if (target !== undefined && "port" in target) named.add(target.port);
  for (const gateway of gateways) for (const server of gateway.servers) named.add(server.port.number);
  return named;
}

function noPortLeft(workload: Workload): Diagnostic {
  const message = `no port is left for the sidecar of ${workloadId(workload)}, which therefore does not run`;
  return {
    severity: "error",
    code: "SLU0007",
    position: workload.ref.position,
    object: workload.ref,
    message,
    allowed: "ports 20000 to 29999 inbound, 10000 to 19999 (without 15000 to 15099) outbound",
  };
}

function byId(a: Workload, b: Workload): number {
  return workloadId(a) < workloadId(b) ? -1 : 1;
}
