import { isWildcard } from "../model/index.ts";
import type { Mesh, Service } from "../model/types.ts";

/**
 * The mesh without endpoints: all that listeners, routes and extensions are made of. They cannot depend on an endpoint
 * that they are not given, so a change of endpoints, the commonest of all, leaves them as they are. A service for a
 * whole domain keeps its own, since it is routed by whether it has any.
 */
export function contourOf(mesh: Mesh): Mesh {
  return { ...mesh, services: mesh.services.map(withoutEndpoints) };
}

function withoutEndpoints(service: Service): Service {
  return isWildcard(service.host) || service.endpoints.length === 0 ? service : { ...service, endpoints: [] };
}
