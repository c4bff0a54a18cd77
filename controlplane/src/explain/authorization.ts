import { authorizationPoliciesFor, requestAuthenticationsFor, usableProviders } from "../model/index.ts";
import type { AuthorizationPolicy, Mesh, Proxy } from "../model/types.ts";
import { meshAuthorization } from "../translate/authorization-settings.ts";
import { placeOfObject } from "./place.ts";
import type { RoutedRequest } from "./request.ts";
import type { Asker, AuthorizationAt, AuthorizationFacts, Authorize, DestinationShare } from "./types.ts";

/** The way of a request or a connection: whose proxy it enters, who sends it, and to whom it goes. */
export interface Way {
  readonly entrance: Proxy;
  readonly port: number;
  readonly asker: Asker;
  readonly destinations: readonly DestinationShare[];
  /** What the first proxy sees, and what it sends on; absent for a connection. */
  readonly requests?: { readonly first: RoutedRequest; readonly forwarded: RoutedRequest };
  readonly sni?: string;
}

/** Every workload on the way whose policies look at it. */
export function authorizationOf(mesh: Mesh, way: Way, authorize: Authorize | undefined): AuthorizationAt[] {
  const protocol = way.requests === undefined ? "tcp" : "http";
  const { trust } = meshAuthorization(mesh).options;
  return stopsOf(mesh, way).map(({ proxy, port, role }) => {
    const { workload } = proxy;
    const { rootNamespace } = mesh.config;
    const all = authorizationPoliciesFor(mesh.authorizationPolicies, workload, rootNamespace);
    const policies = protocol === "tcp" ? thatHearOfConnections(all, mesh) : all;
    const decided =
      policies.length === 0
        ? undefined
        : authorize?.(policies, { ...facts(way, role), port, destinationIp: workload.address }, { trust, protocol });
    return {
      workload: proxy.id,
      role,
      policies: policies.map(placeOfObject),
      tokens:
        protocol === "tcp"
          ? []
          : requestAuthenticationsFor(mesh.requestAuthentications, workload, rootNamespace).map(placeOfObject),
      ...(decided === undefined ? {} : { decision: decisionOf(decided) }),
    };
  });
}

function decisionOf({ decision, summary, rules }: ReturnType<Authorize>): NonNullable<AuthorizationAt["decision"]> {
  return {
    allowed: decision.allowed,
    summary,
    rules: rules.map(({ identity, mismatch }) => ({ identity, ...(mismatch === undefined ? {} : { mismatch }) })),
  };
}

/** CUSTOM policies whose provider is asked by HTTP mean nothing to connections; what others say nobody knows before. */
function thatHearOfConnections(all: readonly AuthorizationPolicy[], mesh: Mesh): readonly AuthorizationPolicy[] {
  const mute = new Set(usableProviders(mesh).flatMap(({ name, http }) => (http === undefined ? [] : [name])));
  return all.filter(({ provider }) => provider === undefined || !mute.has(provider));
}

interface Stop {
  readonly proxy: Proxy;
  readonly port: number;
  readonly role: AuthorizationAt["role"];
}

function stopsOf({ proxies }: Mesh, { entrance, port, destinations }: Way): Stop[] {
  const ids = new Set(destinations.flatMap(({ workloads }) => workloads));
  const endpoints = new Set(destinations.flatMap((destination) => destination.endpoints));
  const portOf = ({ inbound, workload }: Proxy): number =>
    inbound.find(({ listenPort }) => endpoints.has(`${workload.address}:${listenPort}`))?.appPort ?? 0;
  return [
    ...(entrance.kind === "gateway" ? [{ proxy: entrance, port, role: "gateway" as const }] : []),
    ...proxies
      .filter(({ id }) => ids.has(id))
      .map((proxy) => ({ proxy, port: portOf(proxy), role: "destination" as const })),
  ];
}

/** What is known of the client is known to the first proxy only; the next one has that for its client. */
function facts(
  { asker, entrance, requests, sni }: Way,
  role: AuthorizationAt["role"],
): Omit<AuthorizationFacts, "port" | "destinationIp"> {
  const { sourceIp = "127.0.0.1", principal } = asker;
  const isFirst = role === "gateway" || entrance.kind === "sidecar";
  const request = role === "gateway" ? requests?.first : requests?.forwarded;
  const headers = [...(request?.headers ?? [])].map(([name, values]) => [name, values.join(",")]);
  return {
    ...(request === undefined ? {} : { method: request.method, path: request.path, host: request.authority }),
    headers: Object.fromEntries(headers),
    sourceIp: isFirst ? sourceIp : entrance.workload.address,
    remoteIp: sourceIp,
    ...(isFirst && principal !== undefined ? { peer: principal } : {}),
    ...(role === "gateway" && sni !== undefined ? { sni } : {}),
  };
}
