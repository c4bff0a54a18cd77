import { isMessage } from "@bufbuild/protobuf";
import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { Listener } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { Mesh, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { chooseChain, routesOfChain, type Hello } from "./chain.ts";
import type { Asker, ChainAttempt, Explanation, Question, Unanswerable } from "./types.ts";

/** Something that listens, and its proxy. */
export interface Door {
  readonly proxy: Proxy;
  readonly place: Explanation["listener"];
  readonly listener: Listener;
  readonly resource: Resource;
}

/** The listener that takes a request in. */
export interface Entrance {
  readonly proxy: Proxy;
  readonly listener: Explanation["listener"];
  readonly chains: readonly ChainAttempt[];
  readonly resource: Resource;
  /** Name of the listener's route configuration. */
  readonly routes: string;
}

export type ResourcesOf = (proxyId: string) => readonly Resource[];

/** Where the request enters the mesh: beside the program that sends it, or at a gateway. */
export function findEntrance(mesh: Mesh, question: Question, resourcesOf: ResourcesOf): Entrance | Unanswerable {
  const { from, url } = question;
  if (from !== undefined) {
    const proxy = findSidecar(mesh, from);
    if ("problem" in proxy) return proxy;
    const doors = doorsOf(proxy, resourcesOf(proxy.id)).filter(isOutbound);
    const door = atAddress(doors, url) ?? doors.find(({ place }) => place.port === proxy.outbound?.port);
    return door === undefined
      ? { problem: `${proxy.id} has no listener for requests of its program` }
      : enter(door, { tls: false });
  }
  const gateways = findGateways(mesh, question);
  if ("problem" in gateways) return gateways;
  const open = gateways.flatMap((proxy) => doorsOf(proxy, resourcesOf(proxy.id)));
  const door = atPort(open, url);
  return "problem" in door ? door : enter(door, helloOf(url));
}

/** A Sidecar's own listeners are entered by the place that they listen at; by any other URL the one for all hosts is. */
function atAddress(doors: readonly Door[], url: URL): Door | undefined {
  const address = url.hostname.replace(/^\[|\]$/g, "");
  return doors.find(({ place }) => place.port === portOf(url) && place.address === address);
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

function enter({ proxy, place, listener, resource }: Door, hello: Hello): Entrance | Unanswerable {
  const { attempts, chosen } = chooseChain(listener, hello);
  const routes = chosen && routesOfChain(chosen);
  const ends = attempts.some(({ tls, mismatch }) => mismatch === undefined && tls !== undefined);
  const what = `port ${place.port} of ${proxy.id}`;
  if (hello.tls && chosen !== undefined && routes !== undefined && !ends)
    return { problem: `${what} does not speak TLS; ask with http://` };
  if (!hello.tls && (ends || (chosen === undefined && listener.filterChains.length > 0)))
    return { problem: `${what} speaks TLS; ask with https://` };
  if (chosen === undefined)
    return { problem: `${what} closes the connection: ${hello.sni ?? "no name"} is not served` };
  if (routes === undefined)
    return { problem: `${what} hands connections on without looking at requests; ask with \`explain connection\`` };
  return { proxy, listener: place, chains: attempts, resource, routes };
}

function helloOf({ protocol, hostname }: URL): Hello {
  return { tls: protocol === "https:", ...(isAddress(hostname) ? {} : { sni: hostname }) };
}

/** Clients put no address into their hello. */
export function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(":");
}

export function findSidecar({ proxies }: Mesh, from: string): Proxy | Unanswerable {
  const sidecars = proxies.filter(({ kind }) => kind === "sidecar");
  const found = sidecars.find(({ id }) => id === from);
  const [only, ...others] = sidecars.filter(({ workload }) => workload.name === from);
  if (found === undefined && others.length > 0)
    return { problem: `${from} is several workloads`, allowed: [only, ...others].map((one) => one?.id).join(", ") };
  const allowed = sidecars.map(({ id }) => id).join(", ");
  return found ?? only ?? { problem: `there is no workload ${from} with a sidecar`, allowed };
}

export function findGateways({ proxies }: Mesh, { gateway }: Asker): readonly Proxy[] | Unanswerable {
  const gateways = proxies.filter(({ kind }) => kind === "gateway");
  const chosen = gateway === undefined ? gateways : gateways.filter((proxy) => isCalled(proxy, gateway));
  const known = gateways.map(({ id }) => id).join(", ");
  if (chosen.length > 0) return chosen;
  return gateway === undefined
    ? { problem: "the mesh has no gateway", allowed: FROM_A_WORKLOAD }
    : { problem: `there is no gateway ${gateway}`, allowed: known === "" ? "none is declared" : known };
}

function isCalled({ id, workload, gateways }: Proxy, name: string): boolean {
  return (
    [id, workload.name].includes(name) ||
    gateways.some(({ ref }) => [ref.name, `${ref.namespace}/${ref.name}`].includes(name))
  );
}

/** What to ask instead when no gateway is meant. */
export const FROM_A_WORKLOAD = "--from WORKLOAD, for what a program of the mesh sends";

/** The port of the URL; one without takes the gateway's only port, or the one of its scheme. */
function atPort(open: readonly Door[], url: URL): Door | Unanswerable {
  const ports = [...new Set(open.map(({ place }) => place.port))].toSorted((a, b) => a - b);
  const given = portOf(url);
  const found = open.find(({ place }) => place.port === given);
  const only = url.port === "" && ports.length === 1 ? open[0] : undefined;
  const allowed = ports.length === 0 ? "it has no listener" : `${ports.join(", ")}; ${FROM_A_WORKLOAD}`;
  return found ?? only ?? { problem: `no gateway listens on port ${given}`, allowed };
}

/** Whether a proxy listens there for its own program. */
export function isOutbound({ listener }: Door): boolean {
  return listener.trafficDirection === TrafficDirection.OUTBOUND;
}

/** All that a proxy listens on. */
export function doorsOf(proxy: Proxy, resources: readonly Resource[]): Door[] {
  return resources.flatMap((resource): Door[] => {
    const { message } = resource;
    const listener = isMessage(message, ListenerSchema) ? message : undefined;
    const place = listener && placeOf(listener);
    return listener === undefined || place === undefined ? [] : [{ proxy, place, listener, resource }];
  });
}

function placeOf({ name, address }: Listener): Explanation["listener"] | undefined {
  const socket = address?.address.case === "socketAddress" ? address.address.value : undefined;
  const port = socket?.portSpecifier.case === "portValue" ? socket.portSpecifier.value : undefined;
  return socket === undefined || port === undefined ? undefined : { name, address: socket.address, port };
}
