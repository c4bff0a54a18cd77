import { isMessage } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { Listener } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { FilterChain } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Mesh, Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import type { Explanation, Question, Unanswerable } from "./types.ts";

/** The listener that takes a request in, and its proxy. */
export interface Entrance {
  readonly proxy: Proxy;
  readonly listener: Explanation["listener"];
  /** Name of the listener's route configuration. */
  readonly routes: string;
}

type ResourcesOf = (proxyId: string) => readonly Resource[];

/** Where the request enters the mesh: beside the program that sends it, or at a gateway. */
export function findEntrance(
  { proxies }: Mesh,
  { from, gateway, url }: Question,
  resourcesOf: ResourcesOf,
): Entrance | Unanswerable {
  if (from !== undefined) return sidecarOf(proxies, from, resourcesOf);
  const gateways = proxies.filter(({ kind }) => kind === "gateway");
  const chosen = gateway === undefined ? gateways : gateways.filter((proxy) => isCalled(proxy, gateway));
  const known = gateways.map(({ id }) => id).join(", ");
  if (chosen.length === 0 && gateway !== undefined)
    return { problem: `there is no gateway ${gateway}`, allowed: known === "" ? "none is declared" : known };
  if (chosen.length === 0)
    return { problem: "the mesh has no gateway", allowed: "--from WORKLOAD, for a request of a program of the mesh" };
  return atPort(
    chosen.flatMap((proxy) => entrancesOf(proxy, resourcesOf(proxy.id), url)),
    url,
  );
}

function sidecarOf(proxies: readonly Proxy[], from: string, resourcesOf: ResourcesOf): Entrance | Unanswerable {
  const sidecars = proxies.filter(({ kind }) => kind === "sidecar");
  const proxy = sidecars.find(({ id, workload }) => id === from || workload.name === from);
  const port = proxy?.outbound?.port;
  const found = proxy && entrancesOf(proxy, resourcesOf(proxy.id)).find(({ listener }) => listener.port === port);
  const allowed = sidecars.map(({ id }) => id).join(", ");
  return found ?? { problem: `there is no workload ${from} with a sidecar`, allowed };
}

function isCalled({ id, workload, gateways }: Proxy, name: string): boolean {
  return (
    [id, workload.name].includes(name) ||
    gateways.some(({ ref }) => [ref.name, `${ref.namespace}/${ref.name}`].includes(name))
  );
}

/** The port of the URL; one without takes the gateway's only port, or the one of its scheme. */
function atPort(open: readonly Entrance[], url: URL): Entrance | Unanswerable {
  const ports = [...new Set(open.map(({ listener }) => listener.port))];
  const given = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const found = open.find(({ listener }) => listener.port === given);
  const only = url.port === "" && ports.length === 1 ? open[0] : undefined;
  const allowed = ports.length === 0 ? "none of its listeners speaks HTTP" : ports.join(", ");
  return found ?? only ?? { problem: `no gateway listens for HTTP on port ${given}`, allowed };
}

/** The HTTP listeners of a proxy. */
function entrancesOf(proxy: Proxy, resources: readonly Resource[], url?: URL): Entrance[] {
  return resources.flatMap(({ message }) => {
    const listener = isMessage(message, ListenerSchema) ? message : undefined;
    const place = listener && placeOf(listener);
    const routes = listener && routesOf(listener, url);
    return place === undefined || routes === undefined ? [] : [{ proxy, listener: place, routes }];
  });
}

function placeOf({ name, address }: Listener): Explanation["listener"] | undefined {
  const socket = address?.address.case === "socketAddress" ? address.address.value : undefined;
  const port = socket?.portSpecifier.case === "portValue" ? socket.portSpecifier.value : undefined;
  return socket === undefined || port === undefined ? undefined : { name, address: socket.address, port };
}

/** Of the chain that takes the connection: by the name in the client's hello the one that names it best. */
function routesOf({ filterChains, defaultFilterChain }: Listener, url: URL | undefined): string | undefined {
  const isTls = url?.protocol === "https:";
  const chains = filterChains.map((chain) => ({ chain, rank: isTls ? rankOf(chain, url.hostname) : 0 }));
  const [best] = chains.filter(({ rank }) => rank >= 0).toSorted((a, b) => b.rank - a.rank);
  const chain = best?.chain ?? defaultFilterChain;
  return chain && routesOfChain(chain);
}

function rankOf({ filterChainMatch }: FilterChain, host: string): number {
  const names = filterChainMatch?.serverNames ?? [];
  if (names.length === 0) return 0;
  const ranks = names.map((name) =>
    name === host ? Infinity : name.startsWith("*") && host.endsWith(name.slice(1)) ? name.length : -1,
  );
  return Math.max(...ranks);
}

function routesOfChain({ filters }: FilterChain): string | undefined {
  for (const { configType } of filters) {
    const manager =
      configType.case === "typedConfig" ? anyUnpack(configType.value, HttpConnectionManagerSchema) : undefined;
    if (manager?.routeSpecifier.case === "rds") return manager.routeSpecifier.value.routeConfigName;
  }
  return undefined;
}
