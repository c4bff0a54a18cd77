import type { MeshObject, ObjectRef } from "../model/types.ts";
import type { RouteOrigin } from "../translate/route-origin.ts";
import type { Place } from "./types.ts";

export function placeOfObject({ ref }: MeshObject): Place {
  return placeOfRef(ref);
}

export function placeOfRef({ kind, namespace, name, position }: ObjectRef): Place {
  return { object: `${kind} ${namespace}/${name}`, position };
}

/** The rule's own place: in a delegate, where the delegate's text is. */
export function placeOfRule({ virtualService, http }: Pick<RouteOrigin, "virtualService" | "http">): Place {
  return {
    ...placeOfObject(virtualService),
    position: http.position,
    ...(http.name === undefined ? {} : { rule: http.name }),
  };
}
