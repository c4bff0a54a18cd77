import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { create } from "@bufbuild/protobuf";
import { FilterChainMatchSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { FilterChain, FilterChainMatch } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { gatewayPorts } from "../model/index.ts";
import type { BoundServer, GatewayPort } from "../model/index.ts";
import type { ObjectRef, Proxy, TlsTermination } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { GrpcWebSchema } from "../../gen/envoy/extensions/filters/http/grpc_web/v3/grpc_web_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Direction } from "./filters.ts";
import { isAutomatic, passedChains } from "./auto-passthrough.ts";
import { forwardProxyFilter, mayResolve } from "./forward-proxy.ts";
import { gatewayRouteResource } from "./gateway-route.ts";
import { httpChain, listener } from "./listener.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { gatewayListener, gatewayRoutes, gatewayTlsRoutes } from "./names.ts";
import { isTraced } from "./observation.ts";
import type { Observation } from "./observation.ts";
import { withOperations } from "./operation-name.ts";
import { peerOf } from "./peer.ts";
import { pack } from "./protobuf.ts";
import { hasSecrets } from "./secret.ts";
import { serverSocket } from "./server-tls.ts";
import { tcpAuthorizationFilters } from "./tcp-authorization.ts";
import { gatewayTcp } from "./tcp-gateway.ts";
import { tcpChain } from "./tcp-proxy.ts";
import { tcpTelemetryFilter } from "./tcp-telemetry.ts";

/** Turns a browser's gRPC into the real one, and the answer back. */
const grpcWebFilter = create(HttpFilterSchema, {
  name: "envoy.filters.http.grpc_web",
  configType: { case: "typedConfig", value: pack(GrpcWebSchema, create(GrpcWebSchema)) },
});

const gatewayTcpFilters = [...tcpAuthorizationFilters, tcpTelemetryFilter("outbound")];

/** A gateway, and the policies that hold for the requests that it takes. */
export interface GatewayContext {
  readonly index: MeshIndex;
  readonly proxy: Proxy;
  readonly policies: Direction | undefined;
  readonly origins: readonly ObjectRef[];
  /** Filters before the policies, and the names of those that routes turn on. */
  readonly access: { readonly filters: readonly HttpFilter[]; readonly on: readonly string[] };
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
    return [listener({ ...place, direction: TrafficDirection.OUTBOUND, filterChains: chains, origins }), ...routes];
  });
}

function partsOf(context: GatewayContext, port: GatewayPort): Parts {
  if (port.kind === "http") return httpParts(context, port, gatewayRoutes(port.port, port.bind), port.servers);
  if (port.kind === "tcp") return passedOn(context, port, port.servers);
  const { index, proxy } = context;
  const auto = port.servers.filter(({ server }) => isAutomatic(server));
  const passing = port.servers.filter(({ server }) => server.tls?.mode === "PASSTHROUGH" && !isAutomatic(server));
  const ended = port.servers.flatMap((bound) => {
    const { tls } = bound.server;
    const isEnded = tls !== undefined && tls.mode !== "PASSTHROUGH" && hasSecrets(index.mesh, proxy, tls);
    return isEnded ? [endedParts(context, port, bound, tls)] : [];
  });
  const all = [...ended, passedOn(context, port, passing), passedByName(context, auto)];
  return {
    chains: all.flatMap(({ chains }) => chains),
    routes: all.flatMap(({ routes }) => routes),
    origins: all.flatMap(({ origins }) => origins),
  };
}

function passedOn({ index, proxy }: GatewayContext, port: GatewayPort, servers: readonly BoundServer[]): Parts {
  const { chains, origins } = gatewayTcp(index, proxy, { ...port, servers });
  return { chains: chains.map((chain) => tcpChain(chain, index.mesh.config, gatewayTcpFilters)), routes: [], origins };
}

function passedByName({ index, proxy }: GatewayContext, servers: readonly BoundServer[]): Parts {
  const chains = passedChains(
    index,
    proxy,
    servers.map(({ server }) => server),
  );
  return {
    chains: chains.map((chain) => tcpChain(chain, index.mesh.config, gatewayTcpFilters)),
    routes: [],
    origins: servers.map(({ gateway }) => gateway.ref),
  };
}

function httpParts(
  { index, proxy, policies, origins, access, observation }: GatewayContext,
  port: GatewayPort,
  routes: string,
  servers: readonly BoundServer[],
): Parts {
  const chain = httpChain({
    statPrefix: routes === gatewayRoutes(port.port) ? `gateway_${port.port}` : routes,
    routes,
    direction: "outbound",
    edge: true,
    before: access.filters,
    moreFilters: [
      ...(servers.some(({ server }) => server.grpcWeb === true) ? [grpcWebFilter] : []),
      ...(mayResolve(index.services) ? [forwardProxyFilter] : []),
    ],
    observation,
    peer: peerOf(proxy.workload),
    config: index.mesh.config,
  });
  const own = gatewayRouteResource(index, proxy, { ...port, servers, routes }, policies, origins, access.on);
  const resource = isTraced(observation) ? withOperations(own) : own;
  return { chains: [chain], routes: [resource], origins: servers.map(({ gateway }) => gateway.ref) };
}

// Istio: servers that end TLS are never merged, as each has certificates, and thus routes, of its own.
function endedParts(context: GatewayContext, port: GatewayPort, bound: BoundServer, tls: TlsTermination): Parts {
  const { server, gateway } = bound;
  const isHttp = server.port.protocol === "HTTPS";
  const parts = isHttp
    ? httpParts(context, port, gatewayTlsRoutes(port.port, server.port.name, gateway.ref), [bound])
    : passedOn(context, port, [bound]);
  const transportSocket = serverSocket(tls, isHttp ? ["h2", "http/1.1"] : []);
  const filterChainMatch = matchOf(server.hosts.map(({ host }) => host));
  const chains = parts.chains.map((chain) => {
    // A chain of its own match is one for ranges of addresses.
    const { prefixRanges = [] } = chain.filterChainMatch ?? {};
    return {
      ...chain,
      transportSocket,
      ...(filterChainMatch && { filterChainMatch: { ...filterChainMatch, prefixRanges } }),
    };
  });
  return { ...parts, chains };
}

/** Which names of the client's TLS hello a server is for; undefined: any, also none. */
function matchOf(hosts: readonly string[]): FilterChainMatch | undefined {
  return hosts.includes("*") ? undefined : create(FilterChainMatchSchema, { serverNames: [...new Set(hosts)] });
}
