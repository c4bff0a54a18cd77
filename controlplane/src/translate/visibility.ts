import type { Mesh, ObjectRef, VirtualService } from "../model/types.ts";
import { nearness } from "../model/index.ts";

const seen = new WeakMap<readonly VirtualService[], Map<string, readonly VirtualService[]>>();

/**
 * What a namespace sees of the mesh's VirtualServices: its own, those exported to it, those for all, in this order. The
 * same list each time, as it is asked for by each server of each gateway.
 */
export function visibleFrom({ virtualServices }: Mesh, namespace: string): readonly VirtualService[] {
  const byNamespace = seen.get(virtualServices) ?? new Map<string, readonly VirtualService[]>();
  seen.set(virtualServices, byNamespace);
  const visible = byNamespace.get(namespace) ?? lookFrom(virtualServices, namespace);
  byNamespace.set(namespace, visible);
  return visible;
}

function lookFrom(virtualServices: readonly VirtualService[], namespace: string): readonly VirtualService[] {
  if (virtualServices.every(({ exportTo }) => exportTo.includes("*"))) return virtualServices;
  return virtualServices
    .flatMap((virtualService) => {
      const distance = nearness(virtualService, namespace);
      return distance === undefined ? [] : [{ virtualService, distance }];
    })
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ virtualService }) => virtualService);
}

/** A function from namespace to a key: namespaces with equal keys see the same, in the same order. */
export function visibilityKey({ virtualServices }: Mesh): (namespace: string) => string {
  const limited = virtualServices.filter(({ exportTo }) => !exportTo.includes("*"));
  return (namespace) => limited.map((one) => nearness(one, namespace) ?? "-").join("");
}

/** All objects that the routes of a VirtualService come from. */
export function originsOf({ ref, delegates = [] }: VirtualService): readonly ObjectRef[] {
  return [ref, ...delegates];
}
