import type { Mesh, ObjectRef, VirtualService } from "../model/types.ts";
import { nearness } from "../model/index.ts";

/** What a namespace sees of the mesh's VirtualServices: its own, those exported to it, those for all, in this order. */
export function visibleFrom(mesh: Mesh, namespace: string): readonly VirtualService[] {
  const { virtualServices } = mesh;
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
