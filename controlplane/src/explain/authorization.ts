import { authorizationPoliciesFor } from "../model/index.ts";
import type { Mesh, Proxy } from "../model/types.ts";
import { placeOfObject } from "./place.ts";
import type { RoutedRequest } from "./request.ts";
import type { AuthorizationAt, Authorize, DestinationShare } from "./types.ts";

/** A request's way: what its first proxy sees, what that sends on, and to whom. */
export interface Way {
  readonly entrance: Proxy;
  readonly port: number;
  readonly request: RoutedRequest;
  readonly forwarded: RoutedRequest;
  readonly destinations: readonly DestinationShare[];
}

/** Every workload on the request's way whose policies look at it. */
export function authorizationOf(mesh: Mesh, way: Way, authorize: Authorize | undefined): AuthorizationAt[] {
  return stopsOf(mesh, way).map(({ proxy, port, role, request }) => {
    const { workload } = proxy;
    const policies = authorizationPoliciesFor(mesh.authorizationPolicies, workload, mesh.config.rootNamespace);
    const decided = policies.length === 0 ? undefined : authorize?.(policies, facts(request, port, workload.address));
    return {
      workload: proxy.id,
      role,
      policies: policies.map(placeOfObject),
      ...(decided === undefined
        ? {}
        : {
            decision: {
              allowed: decided.decision.allowed,
              summary: decided.summary,
              rules: decided.rules.map(({ identity, mismatch }) => ({
                identity,
                ...(mismatch === undefined ? {} : { mismatch }),
              })),
            },
          }),
    };
  });
}

interface Stop {
  readonly proxy: Proxy;
  readonly port: number;
  readonly role: AuthorizationAt["role"];
  readonly request: RoutedRequest;
}

function stopsOf(mesh: Mesh, { entrance, port, request, forwarded, destinations }: Way): Stop[] {
  const ids = new Set(destinations.flatMap(({ workloads }) => workloads));
  const endpoints = new Set(destinations.flatMap((destination) => destination.endpoints));
  const portOf = ({ inbound, workload }: Proxy): number =>
    inbound.find(({ listenPort }) => endpoints.has(`${workload.address}:${listenPort}`))?.appPort ?? 0;
  return [
    ...(entrance.kind === "gateway" ? [{ proxy: entrance, port, role: "gateway" as const, request }] : []),
    ...mesh.proxies
      .filter(({ id }) => ids.has(id))
      .map((proxy) => ({ proxy, port: portOf(proxy), role: "destination" as const, request: forwarded })),
  ];
}

function facts({ method, path, authority, headers }: RoutedRequest, port: number, destinationIp: string) {
  const loopback = "127.0.0.1";
  const own = Object.fromEntries([...headers].map(([name, values]) => [name, values.join(",")]));
  return { method, path, host: authority, headers: own, port, sourceIp: loopback, remoteIp: loopback, destinationIp };
}
