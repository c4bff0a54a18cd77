import type { Any } from "@bufbuild/protobuf/wkt";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type {
  Route,
  VirtualHost,
  VirtualHost_TlsRequirementType,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { create } from "./create.ts";
import { countsAttempts } from "./fault-injections.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { originOf } from "./route-origin.ts";

interface VirtualHostParts {
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
  readonly requireTls?: VirtualHost_TlsRequirementType;
  /** What Envoy's own filters do for it. */
  readonly filters?: Readonly<Record<string, Any>>;
}

/**
 * A virtual host of the route configuration `of`: the same object for as long as it is equal. Without `of`
 * it is made anew, which is no more work where there are few of them.
 */
export function virtualHost(index: MeshIndex, of: string | undefined, parts: VirtualHostParts): VirtualHost {
  const { recall, mesh } = index;
  const includeRequestAttemptCount = countsAttempts(mesh.faultInjections);
  // Where routes come from is not written into them, and moves with the lines of a file.
  if (of === undefined) return makeHost(parts, includeRequestAttemptCount);
  const inputs = [parts, parts.routes.map(originOf), includeRequestAttemptCount];
  return recall.of(`virtual host ${of} ${parts.name}`, inputs, () => makeHost(parts, includeRequestAttemptCount));
}

// Field by field: the rest of an object costs as much as all else here.
function makeHost(
  { name, filters = {}, domains, routes, requireTls }: VirtualHostParts,
  includeRequestAttemptCount: boolean,
): VirtualHost {
  return create(VirtualHostSchema, {
    name,
    ...(requireTls === undefined ? {} : { requireTls }),
    domains: [...domains],
    routes: [...routes],
    includeRequestAttemptCount,
    typedPerFilterConfig: { ...filters },
  });
}
