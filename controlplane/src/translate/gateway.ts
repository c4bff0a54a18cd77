import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { create } from "@bufbuild/protobuf";
import { FilterChainMatchSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { FilterChain, FilterChainMatch } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { gatewayPorts } from "../model/index.ts";
import type { BoundServer, GatewayPort } from "../model/index.ts";
import type { ObjectRef, Proxy, TlsTermination } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import type { PolicyName } from "./filters.ts";
import { gatewayRouteResource } from "./gateway-route.ts";
import { httpChain, listener } from "./listener.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { gatewayListener, gatewayRoutes, gatewayTlsRoutes } from "./names.ts";
import { peerOf } from "./peer.ts";
import { hasSecrets } from "./secret.ts";
import { serverSocket } from "./server-tls.ts";
import { gatewayTcp } from "./tcp-gateway.ts";
import { tcpChain } from "./tcp-proxy.ts";

/** A gateway, and the policies that hold for the requests that it takes. */
export interface GatewayContext {
  readonly index: MeshIndex;
  readonly proxy: Proxy;
  readonly policies: readonly PolicyName[];
  readonly origins: readonly ObjectRef[];
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
  const passing = port.servers.filter(({ server }) => server.tls?.mode === "PASSTHROUGH");
  const ended = port.servers.flatMap((bound) => {
    const { tls } = bound.server;
    const isEnded = tls !== undefined && tls.mode !== "PASSTHROUGH" && hasSecrets(index.mesh, proxy, tls);
    return isEnded ? [endedParts(context, port, bound, tls)] : [];
  });
  const all = [...ended, passedOn(context, port, passing)];
  return {
    chains: all.flatMap(({ chains }) => chains),
    routes: all.flatMap(({ routes }) => routes),
    origins: all.flatMap(({ origins }) => origins),
  };
}

function passedOn({ index, proxy }: GatewayContext, port: GatewayPort, servers: readonly BoundServer[]): Parts {
  const { chains, origins } = gatewayTcp(index, proxy, { ...port, servers });
  return { chains: chains.map((chain) => tcpChain(chain, index.mesh.config)), routes: [], origins };
}

function httpParts(
  { index, proxy, policies, origins }: GatewayContext,
  port: GatewayPort,
  routes: string,
  servers: readonly BoundServer[],
): Parts {
  const chain = httpChain({
    statPrefix: routes === gatewayRoutes(port.port) ? `gateway_${port.port}` : routes,
    routes,
    edge: true,
    peer: peerOf(proxy.workload),
    config: index.mesh.config,
  });
  const resource = gatewayRouteResource(index, proxy, { ...port, servers, routes }, policies, origins);
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
  const chains = parts.chains.map((chain) => ({
    ...chain,
    transportSocket,
    ...(filterChainMatch && { filterChainMatch }),
  }));
  return { ...parts, chains };
}

/** Which names of the client's TLS hello a server is for; undefined: any, also none. */
function matchOf(hosts: readonly string[]): FilterChainMatch | undefined {
  return hosts.includes("*") ? undefined : create(FilterChainMatchSchema, { serverNames: [...new Set(hosts)] });
}
