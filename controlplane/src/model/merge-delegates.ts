import type { Diagnostic } from "./diagnostic.ts";
import { nearness } from "./lookup/visible.ts";
import { mergeMatches } from "./merge-matches.ts";
import type { HttpRoute, ObjectRef, VirtualService } from "./types.ts";

export interface MergedDelegates {
  /** Those with hosts; no route of them delegates. */
  readonly virtualServices: readonly VirtualService[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Puts the routes of delegates in the place of the routes that point at them. A delegate that is not there, or that the
 * root's namespace does not see, leaves nothing of its route; the others go on (Istio: mergeVirtualServicesIfNeeded).
 */
export function mergeDelegates(all: readonly VirtualService[]): MergedDelegates {
  const delegates = new Map(
    all.filter(({ hosts }) => hosts.length === 0).map((one) => [`${one.ref.namespace}/${one.ref.name}`, one]),
  );
  const diagnostics: Diagnostic[] = [];
  const virtualServices = all
    .filter(({ hosts }) => hosts.length > 0)
    .map((root) => (root.http.some(({ delegate }) => delegate) ? merged(root, delegates, diagnostics) : root));
  const used = new Set(virtualServices.flatMap((one) => one.delegates ?? []));
  for (const { ref } of delegates.values()) if (!used.has(ref)) diagnostics.push(unused(ref));
  return { virtualServices, diagnostics };
}

/** More often than not, somebody has forgotten the hosts. */
function unused(ref: ObjectRef): Diagnostic {
  return {
    severity: "warning",
    code: "SLU0011",
    position: ref.position,
    object: ref,
    field: "spec.hosts",
    message: "spec.hosts is not given, and no VirtualService delegates to this one, so it has no effect",
    fix: "add hosts: [NAME]",
  };
}

function merged(
  root: VirtualService,
  delegates: ReadonlyMap<string, VirtualService>,
  diagnostics: Diagnostic[],
): VirtualService {
  const used = new Set<ObjectRef>();
  const http = root.http.flatMap((route) => {
    if (route.delegate === undefined) return [route];
    const found = delegates.get(`${route.delegate.namespace}/${route.delegate.name}`);
    if (found === undefined || nearness(found, root.ref.namespace) === undefined) return [];
    used.add(found.ref);
    return found.http.flatMap((own, index) => {
      const match = mergeMatches(route.match, own.match);
      if (match === undefined) diagnostics.push(conflict(root, found, index));
      return match === undefined ? [] : [mergeRoutes(route, own, match)];
    });
  });
  return { ...root, http, delegates: [...used] };
}

/** What the delegate's route says counts; of what it does not say, the root's. */
function mergeRoutes(root: HttpRoute, own: HttpRoute, match: HttpRoute["match"]): HttpRoute {
  const { delegate: _, ...rest } = root;
  const name = [root.name, own.name].filter((part) => part !== undefined && part !== "").join("-");
  return {
    ...rest,
    ...own,
    ...(name === "" ? {} : { name }),
    match,
    mirrors: own.mirrors.length > 0 ? own.mirrors : root.mirrors,
  };
}

function conflict(root: VirtualService, { ref }: VirtualService, index: number): Diagnostic {
  const path = `spec.http[${index}].match`;
  return {
    severity: "warning",
    code: "IST0131",
    position: ref.position,
    object: ref,
    field: path,
    message: `${path} has no effect below VirtualService ${root.ref.namespace}/${root.ref.name}, whose own match it contradicts`,
    fix: "let it match a part of what the match there takes",
  };
}
