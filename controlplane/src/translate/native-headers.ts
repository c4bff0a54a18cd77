import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  HeaderValueOptionSchema,
} from "../../gen/envoy/config/core/v3/base_pb.js";
import type { HeaderValueOption } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Headers, HttpMatch, VirtualService } from "../model/types.ts";
import { requestOperations, responseOperations } from "../policy/index.ts";
import type { HeaderOperation } from "../policy/index.ts";
import { create } from "./create.ts";
import type { WeightedTarget } from "./destination.ts";
import { appliesTo } from "./view.ts";
import type { RouteView } from "./view.ts";

/**
 * Envoy (1.40) chooses the route again after a Wasm filter has changed a request header, whichever it was, and has no
 * setting against it. Path, host and method never change in our filter, so the choice falls on the same route, unless
 * a route of the virtual host matches on a header that has changed. Operations on such headers are given to Envoy's
 * router, which does them when the choice is made.
 *
 * The router also has those of destinations that share a cluster: our filter knows a destination by its cluster.
 */

type NativeTarget = Pick<WeightedTarget, "cluster" | "headers">;

/** What Envoy's router does to a request: fields of a route, or of one of its weighted clusters. */
interface NativeHeaders {
  readonly requestHeadersToAdd: HeaderValueOption[];
  readonly requestHeadersToRemove: string[];
}

interface NativeResponseHeaders {
  readonly responseHeadersToAdd: HeaderValueOption[];
  readonly responseHeadersToRemove: string[];
}

/** The request headers (lower case) that a VirtualService's routes match on, as far as they hold for the view. */
export function matchedHeaders({ http }: VirtualService, view: RouteView): ReadonlySet<string> {
  // Nearly all match by path alone.
  if (!http.some(({ match }) => match.some(asksForHeaders))) return none;
  const matches = http.flatMap(({ match }) => match).filter((match) => appliesTo(match, view));
  const names = matches.flatMap(({ headers, withoutHeaders }) => [headers, withoutHeaders].flatMap(Object.keys));
  return new Set(names.map((name) => name.toLowerCase()));
}

const none: ReadonlySet<string> = new Set();

function asksForHeaders({ headers, withoutHeaders }: HttpMatch): boolean {
  return [headers, withoutHeaders].some((all) => Object.keys(all).length > 0);
}

/** Whether another of a route's targets leads to the same cluster. */
export function sharesCluster({ cluster }: NativeTarget, targets: readonly NativeTarget[]): boolean {
  return targets.filter((other) => other.cluster === cluster).length > 1;
}

/** The request headers that the router has to change for a route to these targets; `matched` as for `nativeHeaders`. */
export function nativeNames(targets: readonly NativeTarget[], matched: ReadonlySet<string>): ReadonlySet<string> {
  const shared = targets.filter((target) => sharesCluster(target, targets));
  return new Set([...matched, ...requestOperations(...shared.map(({ headers }) => headers)).map(({ name }) => name)]);
}

/** What the router does to the responses of a target that shares its cluster. */
export function nativeResponseHeaders(headers: Headers | undefined): NativeResponseHeaders {
  const operations = responseOperations(headers);
  return { responseHeadersToRemove: removals(operations), responseHeadersToAdd: additions(operations) };
}

/** Of these headers' operations those on `matched` headers, in the order in which our filter would do them. */
export function nativeHeaders(
  all: readonly (Headers | undefined)[],
  matched: ReadonlySet<string>,
  removeAnyway: readonly string[] = [],
): NativeHeaders {
  const operations = requestOperations(...all).filter(({ name }) => matched.has(name));
  return {
    requestHeadersToRemove: [...removals(operations), ...removeAnyway],
    requestHeadersToAdd: additions(operations),
  };
}

// The router removes first, too.
function removals(operations: readonly HeaderOperation[]): string[] {
  return operations.filter(({ kind }) => kind === "remove").map(({ name }) => name);
}

function additions(operations: readonly HeaderOperation[]): HeaderValueOption[] {
  return operations.filter(({ kind }) => kind !== "remove").map(headerValue);
}

function headerValue({ kind, name, value }: HeaderOperation): HeaderValueOption {
  return create(HeaderValueOptionSchema, {
    // Our filter takes values as they are; the router would expand what stands between percent signs.
    header: { key: name, value: value.replaceAll("%", "%%") },
    appendAction: kind === "set" ? AppendAction.OVERWRITE_IF_EXISTS_OR_ADD : AppendAction.APPEND_IF_EXISTS_OR_ADD,
    keepEmptyValue: true,
  });
}
