import { TransportSocketSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { TransportSocket } from "../../gen/envoy/config/core/v3/base_pb.js";
import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  FilterChainMatchSchema,
  FilterChainSchema,
} from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type {
  Filter,
  FilterChain,
  FilterChainMatch,
} from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { gatewayPorts } from "../model/index.ts";
import type { BoundServer, GatewayPort } from "../model/index.ts";
import type { ObjectRef, Proxy, TlsTermination } from "../model/types.ts";
import { keepBytes } from "../snapshot/canonical.ts";
import type { Resource } from "../snapshot/types.ts";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { create } from "./create.ts";
import type { Direction } from "./filters.ts";
import { isAutomatic, passedChains } from "./auto-passthrough.ts";
import { forwardProxyFilter, mayResolve } from "./forward-proxy.ts";
import { gatewayRouteResource } from "./gateway-route.ts";
import type { ConnectionManagerOptions } from "./http-connection-manager.ts";
import { httpChain, listener } from "./listener.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { gatewayListener, gatewayRoutes, gatewayTlsRoutes } from "./names.ts";
import { isTraced } from "./observation.ts";
import type { Observation } from "./observation.ts";
import { withOperations } from "./operation-name.ts";
import { peerOf } from "./peer.ts";
import { proxyProtocol } from "./proxy-protocol.ts";
import { grpcWebFilter } from "./grpc-web.ts";
import { hasSecrets } from "./secret.ts";
import { serverSocket } from "./server-tls.ts";
import { tcpAuthorizationFilters } from "./tcp-authorization.ts";
import { gatewayTcp } from "./tcp-gateway.ts";
import { tcpChain } from "./tcp-proxy.ts";
import type { TcpChain } from "./tcp-proxy.ts";
import { tcpTelemetryFilter } from "./tcp-telemetry.ts";

const gatewayTcpFilters = [...tcpAuthorizationFilters, tcpTelemetryFilter("outbound")];

/** A gateway, and the policies that hold for the requests that it takes. */
export interface GatewayContext {
  readonly index: MeshIndex;
  readonly proxy: Proxy;
  readonly policies: Direction | undefined;
  readonly origins: readonly ObjectRef[];
  /** Filters before the policies, and the names of those that routes turn on. */
  readonly access: {
    readonly filters: readonly HttpFilter[];
    readonly on: readonly string[];
    /** The same for connections that are not HTTP. */
    readonly tcpFilters: readonly Filter[];
  };
  readonly observation: Observation;
}

/** What listens at one place, with the routes that it needs. */
interface Parts {
  readonly chains: readonly FilterChain[];
  readonly routes: readonly Resource[];
  readonly origins: readonly ObjectRef[];
}

/** Listeners and routes of a gateway. A port that has nowhere to send anything does not listen. */
export function gatewayResources(context: GatewayContext): Resource[] {
  const { proxy } = context;
  return gatewayPorts(proxy.gateways).ports.flatMap((port) => {
    const { chains, routes, origins } = partsOf(context, port);
    if (chains.length === 0) return [];
    const address = port.bind ?? proxy.workload.address;
    const place = { name: gatewayListener(address, port.port), address, port: port.port };
    // Istio's telemetry has a gateway report as the source.
    const listenerFilters = context.index.mesh.config.gatewayTopology?.proxyProtocol === true ? [proxyProtocol] : [];
    const spec = { ...place, direction: TrafficDirection.OUTBOUND, filterChains: chains, origins, listenerFilters };
    return [context.index.recall.of(`listener ${place.name}`, [spec], () => listener(spec)), ...routes];
  });
}

function partsOf(context: GatewayContext, port: GatewayPort): Parts {
  if (port.kind === "http") return httpParts(context, port, gatewayRoutes(port.port, port.bind), port.servers);
  if (port.kind === "tcp") return passedOn(context, port, port.servers);
  const { index, proxy } = context;
  const auto = port.servers.filter(({ server }) => isAutomatic(server));
  const passed = port.servers.filter(({ server }) => server.tls?.mode === "PASSTHROUGH" && !isAutomatic(server));
  const ended = port.servers.flatMap((bound) => {
    const { tls } = bound.server;
    const isEnded = tls !== undefined && tls.mode !== "PASSTHROUGH" && hasSecrets(index.mesh, proxy, tls);
    return isEnded ? [endedParts(context, port, bound, tls)] : [];
  });
  const all = [...ended, passedOn(context, port, passed), passedByName(context, auto)];
  return {
    chains: all.flatMap(({ chains }) => chains),
    routes: all.flatMap(({ routes }) => routes),
    origins: all.flatMap(({ origins }) => origins),
  };
}

function passedOn(context: GatewayContext, port: GatewayPort, servers: readonly BoundServer[]): Parts {
  const { chains, origins } = gatewayTcp(context.index, context.proxy, { ...port, servers });
  return { chains: passing(context, chains), routes: [], origins };
}

function passing({ index, access, observation }: GatewayContext, chains: readonly TcpChain[]): FilterChain[] {
  const before = [...access.tcpFilters, ...gatewayTcpFilters];
  return chains.map((chain) => tcpChain(chain, index.mesh.config, { before, log: observation.tcpLog }));
}

function passedByName(context: GatewayContext, servers: readonly BoundServer[]): Parts {
  const chains = passedChains(
    context.index,
    context.proxy,
    servers.map(({ server }) => server),
  );
  return {
    chains: passing(context, chains),
    routes: [],
    origins: servers.map(({ gateway }) => gateway.ref),
  };
}

function httpParts(context: GatewayContext, port: GatewayPort, routes: string, servers: readonly BoundServer[]): Parts {
  const chain = httpChain(connectionOptions(context, port, routes, servers));
  const origins = servers.map(({ gateway }) => gateway.ref);
  return { chains: [chain], routes: [routesFor(context, port, routes, servers)], origins };
}

function connectionOptions(
  { index, proxy, access, observation }: GatewayContext,
  port: GatewayPort,
  routes: string,
  servers: readonly BoundServer[],
): ConnectionManagerOptions {
  return {
    statPrefix: routes === gatewayRoutes(port.port) ? `gateway_${port.port}` : routes,
    routes,
    direction: "outbound",
    edge: true,
    before: access.filters,
    moreFilters: [
      ...(servers.some(({ server }) => server.grpcWeb === true) ? [grpcWebFilter] : []),
      ...(mayResolve(index.services) ? [forwardProxyFilter] : []),
    ],
    observation: observation.http,
    peer: peerOf(proxy.workload),
    config: index.mesh.config,
  };
}

function routesFor(
  { index, proxy, policies, origins, access, observation }: GatewayContext,
  port: GatewayPort,
  routes: string,
  servers: readonly BoundServer[],
): Resource {
  const own = gatewayRouteResource(index, proxy, { ...port, servers, routes }, policies, origins, access.on);
  return isTraced(observation) ? index.recall.call(`spans ${routes}`, withOperations, own) : own;
}

// Istio: servers that end TLS are never merged, as each has certificates, and thus routes, of its own.
function endedParts(context: GatewayContext, port: GatewayPort, bound: BoundServer, tls: TlsTermination): Parts {
  const { server, gateway } = bound;
  const hosts = server.hosts.map(({ host }) => host);
  if (server.port.protocol !== "HTTPS") {
    const parts = passedOn(context, port, [bound]);
    const socket = serverSocket(tls, []);
    return { ...parts, chains: parts.chains.map((chain) => endedChain(chain, socket, hosts)) };
  }
  const routes = gatewayTlsRoutes(port.port, server.port.name, gateway.ref);
  const options = connectionOptions(context, port, routes, [bound]);
  const { recall } = context.index;
  // Most servers end TLS alike.
  const socket = recall.of(`socket ${JSON.stringify(tls)}`, [], () =>
    keepBytes(TransportSocketSchema, serverSocket(tls, ["h2", "http/1.1"])),
  );
  const chain = recall.call(`ended ${routes} ${hosts.join()}`, endedHttp, options, socket, hosts);
  return { chains: [chain], routes: [routesFor(context, port, routes, [bound])], origins: [gateway.ref] };
}

function endedHttp(options: ConnectionManagerOptions, socket: TransportSocket, hosts: readonly string[]): FilterChain {
  return keepBytes(FilterChainSchema, endedChain(httpChain(options), socket, hosts));
}

function endedChain(chain: FilterChain, transportSocket: TransportSocket, hosts: readonly string[]): FilterChain {
  const match = matchOf(hosts);
  // A chain of its own match is one for ranges of addresses.
  const { prefixRanges = [] } = chain.filterChainMatch ?? {};
  const filterChainMatch = match && { ...match, prefixRanges };
  return { ...chain, transportSocket, ...(filterChainMatch && { filterChainMatch }) };
}

/** Which names of the client's TLS hello a server is for; undefined: any, also none. */
function matchOf(hosts: readonly string[]): FilterChainMatch | undefined {
  return hosts.includes("*") ? undefined : create(FilterChainMatchSchema, { serverNames: [...new Set(hosts)] });
}
