import type { TcpProxy } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { gatewayPorts } from "../model/index.ts";
import type { Mesh, Proxy, TcpPort, VirtualService } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { authorizationOf } from "./authorization.ts";
import { chooseChain, routesOfChain, tcpProxyOf } from "./chain.ts";
import { destinationsOf } from "./destinations.ts";
import {
  doorsOf,
  findGateways,
  findSidecar,
  FROM_A_WORKLOAD,
  isOutbound,
  type Door,
  type ResourcesOf,
} from "./entrance.ts";
import { clustersOf, patchEffects } from "./patches.ts";
import { tryTcpRules, type RoutedConnection } from "./tcp-rules.ts";
import { telemetryEffects } from "./telemetry.ts";
import type {
  Authorize,
  ConnectionExplanation,
  ConnectionOutcome,
  ConnectionQuestion,
  Effect,
  Unanswerable,
} from "./types.ts";

/** What the mesh does with a connection, by what its proxies would get. */
export function connectionThrough(
  mesh: Mesh,
  question: ConnectionQuestion,
  resourcesOf: ResourcesOf,
  authorize: Authorize | undefined,
): ConnectionExplanation | Unanswerable {
  const found = findDoor(mesh, question, resourcesOf);
  if ("problem" in found) return found;
  const { door, view } = found;
  const { proxy, place, listener, resource } = door;
  const { host, port, sni } = question;
  const hello = { tls: sni !== undefined, ...(sni === undefined || sni === "" ? {} : { sni }) };
  const { attempts: chains, chosen } = chooseChain(listener, hello);
  const ended = chains.some(({ tls, mismatch }) => mismatch === undefined && tls !== undefined);
  const onward = chosen && tcpProxyOf(chosen);
  const outcome = outcomeOf(onward, chosen && routesOfChain(chosen), ended && !hello.tls, resourcesOf(proxy.id), mesh);
  const goesOn = ended || sni === undefined ? {} : { sni };
  const destinations = outcome.kind === "forward" ? outcome.destinations : [];
  return {
    proxy: { id: proxy.id, kind: proxy.kind },
    listener: place,
    chains,
    connection: { host, port, ...(sni === undefined ? {} : { sni }) },
    attempts: tryTcpRules(virtualServicesOf(mesh, resource), { ...view, ...goesOn }),
    outcome,
    effects: [
      ...(onward === undefined ? [] : effectsOf(onward)),
      ...telemetryEffects(mesh, proxy.workload),
      ...patchEffects([resource, ...clustersOf(destinations, resourcesOf(proxy.id))]),
    ],
    authorization: authorizationOf(
      mesh,
      { entrance: proxy, port: place.port, asker: question, destinations, ...(sni ? { sni } : {}) },
      authorize,
    ),
  };
}

interface Found {
  readonly door: Door;
  readonly view: RoutedConnection;
}

function findDoor(mesh: Mesh, question: ConnectionQuestion, resourcesOf: ResourcesOf): Found | Unanswerable {
  return question.from === undefined
    ? gatewayDoor(mesh, question, resourcesOf)
    : sidecarDoor(mesh, question.from, question, resourcesOf);
}

function gatewayDoor(mesh: Mesh, question: ConnectionQuestion, resourcesOf: ResourcesOf): Found | Unanswerable {
  const gateways = findGateways(mesh, question);
  if ("problem" in gateways) return gateways;
  const doors = gateways.flatMap((proxy) => doorsOf(proxy, resourcesOf(proxy.id)));
  const door = doors.find(({ place }) => place.port === question.port);
  const open = [...new Set(doors.map(({ place }) => place.port))].toSorted((a, b) => a - b).join(", ");
  if (door === undefined)
    return {
      problem: `no gateway listens on port ${question.port}`,
      allowed: `${open === "" ? "no port is open" : open}; ${FROM_A_WORKLOAD}`,
    };
  const { port } = door.place;
  const servers = gatewayPorts(door.proxy.gateways).ports.flatMap((one) => (one.port === port ? one.servers : []));
  const names = servers.map(({ gateway: { ref } }) => `${ref.namespace}/${ref.name}`);
  return { door, view: { client: door.proxy.workload, port, gateways: new Set(names) } };
}

function sidecarDoor(
  mesh: Mesh,
  from: string,
  { host, port }: ConnectionQuestion,
  resourcesOf: ResourcesOf,
): Found | Unanswerable {
  const proxy = findSidecar(mesh, from);
  if ("problem" in proxy) return proxy;
  const { tcp = [], workload } = proxy;
  const wanted = namesOf(host, workload.namespace);
  const isMeant = (one: TcpPort): boolean => one.port === port && wanted.includes(one.host);
  const place = tcp.find(isMeant);
  const doors = doorsOf(proxy, resourcesOf(proxy.id));
  // A Sidecar's own listeners are asked for by the place that they listen at.
  const own = doors.find((one) => one.place.port === port && one.place.address === host && isOutbound(one));
  const door = own ?? (place && doors.find((one) => one.place.port === place.listenPort));
  if (door !== undefined) return { door, view: { client: workload, port, gateways: new Set(["mesh"]) } };
  return noDoor(mesh, proxy, wanted, `${host}:${port}`, port);
}

/** What a program may call a service: by its first label within its own namespace, and so on. */
function namesOf(host: string, namespace: string): string[] {
  const name = host.toLowerCase().replace(/\.$/, "");
  const cluster = "svc.cluster.local";
  return [name, `${name}.${namespace}.${cluster}`, `${name}.${cluster}`, `${name}.cluster.local`];
}

function noDoor(
  mesh: Mesh,
  { id, tcp = [] }: Proxy,
  wanted: readonly string[],
  asked: string,
  port: number,
): Unanswerable {
  const service = mesh.services.find((one) => wanted.includes(one.host));
  const protocol = service?.ports.find(({ number }) => number === port)?.protocol;
  if (service !== undefined && protocol !== undefined && !["TCP", "TLS", "HTTPS"].includes(protocol))
    return { problem: `${asked} speaks ${protocol}: each request is looked at; ask with \`explain request\`` };
  const known = tcp.map((one) => `${one.host}:${one.port}`).join(", ");
  const problem =
    protocol === undefined
      ? `there is no port ${asked} that does not speak HTTP`
      : `the sidecar of ${id} has no listener for ${asked}: a Sidecar leaves it out, or exportTo does`;
  return { problem, allowed: known === "" ? "none" : known };
}

function virtualServicesOf({ virtualServices }: Mesh, { origins }: Resource): VirtualService[] {
  const used = new Set(origins.filter(({ kind }) => kind === "VirtualService"));
  return virtualServices.filter(({ ref }) => used.has(ref));
}

function outcomeOf(
  onward: TcpProxy | undefined,
  routes: string | undefined,
  isPlainAtTls: boolean,
  resources: readonly Resource[],
  mesh: Mesh,
): ConnectionOutcome {
  if (isPlainAtTls) return { kind: "close", why: "TLS ends here, and the client does not speak it" };
  if (onward !== undefined) return { kind: "forward", destinations: destinationsOf(onward, resources, mesh) };
  return routes === undefined
    ? { kind: "close", why: "no chain of the listener takes the connection" }
    : { kind: "http", routes };
}

function effectsOf({ idleTimeout, tunnelingConfig, hashPolicy }: TcpProxy): Effect[] {
  // Envoy's own: an hour.
  const seconds = idleTimeout === undefined ? 3_600 : Number(idleTimeout.seconds) + idleTimeout.nanos / 1e9;
  return [
    { kind: "idle timeout", text: seconds === 0 ? "none" : `${seconds} s` },
    ...(tunnelingConfig === undefined
      ? []
      : [{ kind: "tunnel" as const, text: `by a request for ${tunnelingConfig.hostname}` }]),
    ...(hashPolicy.length === 0 ? [] : [{ kind: "hash" as const, text: "by the client's address" }]),
  ];
}
