import type { HttpMatch, Mesh, Proxy, TcpMatch } from "../model/types.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { includes, selects } from "../model/index.ts";

/** Istio's name of "every sidecar" in a list of gateways. */
export const meshGateway = "mesh";

/** The client, port and gateways that a VirtualService is translated for. */
export interface RouteView {
  readonly index: MeshIndex;
  readonly client: Proxy["workload"];
  /** "mesh", or the Gateways ("namespace/name") through which the VirtualService is reached. */
  readonly gateways: ReadonlySet<string>;
  /** Whom the requests are for, as far as that is known; faults are injected by it. */
  readonly host?: string;
  /** The service's port, or the gateway server's. */
  readonly port: number;
  /** Addresses by which the service is known; absent where the address that a connection is for shows in the connection. */
  readonly addresses?: readonly string[];
}

/** What of a match is decided by where the traffic comes from and by which port. */
type SourceMatch = Pick<HttpMatch | TcpMatch, "port" | "gateways" | "sourceLabels" | "sourceNamespace"> &
  Pick<TcpMatch, "destinationSubnets">;

/** Whether a match can hold for the view, by all that is known before a request comes. */
export function appliesTo(match: SourceMatch, view: RouteView): boolean {
  if (match.port !== undefined && match.port !== view.port) {
    return false;
  }
  if (!isInside(match.destinationSubnets, view.addresses)) return false;
  // Istio: a match's own gateways replace the VirtualService's list, and then its source fields do not count.
  return match.gateways === undefined || match.gateways.length === 0
    ? isFrom(match, view.client)
    : match.gateways.some((gateway) => view.gateways.has(gateway));
}

function isInside(subnets: TcpMatch["destinationSubnets"], addresses: RouteView["addresses"]): boolean {
  if (subnets === undefined || addresses === undefined) return true;
  return addresses.some((address) => subnets.some((subnet) => includes(subnet, address)));
}

function isFrom(match: SourceMatch, client: Proxy["workload"]): boolean {
  return (
    selects(match.sourceLabels, client.labels) &&
    (match.sourceNamespace === undefined || match.sourceNamespace === client.namespace)
  );
}

/**
 * A function from client to a key: clients with equal keys get equal routes from every VirtualService. It evaluates
 * each distinct source condition of the mesh, and most meshes have none.
 */
export function sourceKey(mesh: Mesh): (client: Proxy["workload"]) => string {
  const conditions = new Map<string, SourceMatch>();
  const routes = mesh.virtualServices.flatMap(({ http, tls, tcp }) => [...http, ...tls, ...tcp]);
  for (const match of routes.flatMap((route): readonly SourceMatch[] => route.match)) {
    if (match.sourceNamespace !== undefined || Object.keys(match.sourceLabels).length > 0) {
      conditions.set(JSON.stringify([match.sourceNamespace, match.sourceLabels]), match);
    }
  }
  return (client) => [...conditions.values()].map((match) => (isFrom(match, client) ? "1" : "0")).join("");
}
