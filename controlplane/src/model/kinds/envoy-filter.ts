import { APPLY_TO, type ApplyTo } from "../../envoy-types/apply-to.ts";
import { readPatchValue } from "../../envoy-types/patch-reader.ts";
import type { Problem } from "../../envoy-types/read-message.ts";
import { type Value } from "../../config/value.ts";
import { nonEmptyList } from "../decode/collections.ts";
import { reportError, type Context, type Report } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { labels } from "../decode/names.ts";
import { enumeration, integer } from "../decode/scalars.ts";
import { patchOperations } from "../envoy-filter.ts";
import type { ConfigPatch, EnvoyFilter, MatchPart } from "../envoy-filter.ts";
import type { ObjectMeta } from "../object-meta.ts";
import { didYouMean, listAllowed } from "../suggestion.ts";
import type { Position } from "../types.ts";
import { connectionManagerName, objectMatch } from "./envoy-filter-match.ts";

type EnvoyFilterSpec = Pick<EnvoyFilter, "selector" | "priority" | "patches">;

/** Which part of a match each of them looks at. */
const MATCHED: Readonly<Record<ApplyTo, "listener" | "routeConfiguration" | "cluster" | undefined>> = {
  LISTENER: "listener",
  LISTENER_FILTER: "listener",
  FILTER_CHAIN: "listener",
  NETWORK_FILTER: "listener",
  HTTP_FILTER: "listener",
  ROUTE_CONFIGURATION: "routeConfiguration",
  VIRTUAL_HOST: "routeConfiguration",
  HTTP_ROUTE: "routeConfiguration",
  CLUSTER: "cluster",
  EXTENSION_CONFIG: undefined,
  BOOTSTRAP: undefined,
};

const patch = message(
  "Patch",
  {
    required: { operation: enumeration(patchOperations) },
    optional: { value: (value: Value) => value, filterClass: enumeration(["UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"]) },
    examples: { operation: "MERGE" },
  },
  (given, place) => {
    if (given.operation === "REMOVE" || given.value !== undefined) return given;
    return refuse(place, "value", { message: `is required for ${given.operation}` });
  },
);

const configPatch = message(
  "EnvoyConfigObjectPatch",
  {
    required: { applyTo: enumeration(APPLY_TO), patch },
    optional: { match: objectMatch },
    examples: { applyTo: "HTTP_FILTER", patch: "{ operation: MERGE, value: {} }" },
    inside: { operation: "patch", value: "patch", context: "match", listener: "match" },
  },
  (given, place): ConfigPatch | undefined => {
    const { applyTo, match = { context: "ANY" } } = given;
    const { operation, filterClass } = given.patch;
    if (!isFitting(applyTo, operation, match, place)) return undefined;
    const written = given.patch.value;
    const value = written === undefined ? undefined : readValue(applyTo, written, place);
    if (written !== undefined && value === undefined) return undefined;
    return defined({
      ...match,
      applyTo,
      operation,
      filterClass: filterClass === "UNSPECIFIED" ? undefined : filterClass,
      value,
      position: place.context.locate(place.offset),
      places: placesOf(place),
    });
  },
);

/** Whether what is matched and what is done to it go together. */
function isFitting(
  applyTo: ApplyTo,
  operation: ConfigPatch["operation"],
  match: Pick<ConfigPatch, "listener" | "routeConfiguration" | "cluster">,
  place: Place,
): boolean {
  const wanted = MATCHED[applyTo];
  for (const field of ["listener", "routeConfiguration", "cluster"] as const) {
    if (match[field] === undefined || field === wanted) continue;
    const fix = wanted === undefined ? "leave it out" : `write match.${wanted}`;
    refuse(place, `match.${field}`, { message: `cannot be matched where applyTo is ${applyTo}`, fix });
    return false;
  }
  const filter = match.listener?.filterChain?.filter;
  if (applyTo === "HTTP_FILTER" && filter !== undefined && filter.name !== connectionManagerName) {
    const at = "match.listener.filterChain.filter.name";
    refuse(place, at, {
      message: `is ${filter.name}, which has no HTTP filters`,
      fix: `write ${connectionManagerName}`,
    });
    return false;
  }
  if (applyTo !== "HTTP_FILTER" && filter?.subFilter !== undefined) {
    const at = "match.listener.filterChain.filter.subFilter";
    refuse(place, at, { message: `is an HTTP filter, and applyTo is ${applyTo}`, fix: "write applyTo: HTTP_FILTER" });
    return false;
  }
  return isPossible(applyTo, operation, place);
}

function isPossible(applyTo: ApplyTo, operation: ConfigPatch["operation"], place: Place): boolean {
  const isMerge = operation === "MERGE" || operation === "MERGE_AND_REPLACE_LIST";
  const only = applyTo === "EXTENSION_CONFIG" ? "ADD" : "MERGE";
  if (applyTo === "EXTENSION_CONFIG" ? operation === "ADD" : applyTo !== "BOOTSTRAP" || isMerge) return true;
  refuse(place, "patch.operation", { message: `is ${operation}, and ${applyTo} knows ${only} only`, allowed: only });
  return false;
}

/** Reports an error at a field, given by its path within the patch. */
function refuse(place: Place, field: string, report: Omit<Report, "offset" | "path">): undefined {
  const path = `${place.path}.${field}`;
  const offset = place.value(...field.split("."));
  return reportError(place.context, { ...report, offset, path, message: `${path} ${report.message}` });
}

function readValue(applyTo: ApplyTo, written: Value, place: Place): ConfigPatch["value"] {
  const read = readPatchValue(applyTo, written, `${place.path}.patch.value`);
  if ("message" in read) return read.message;
  for (const problem of read.problems) reportProblem(problem, place.context);
  return undefined;
}

const WRAP =
  'a type that Sluice does not know can be packed: "@type": type.googleapis.com/udpa.type.v1.TypedStruct with type_url and value';

function reportProblem({ offset, path, message: text, allowed, unknown }: Problem, context: Context): void {
  const report = { offset, path, message: text, allowed };
  if (unknown === undefined) return reportError(context, report);
  const { name, known, what } = unknown;
  if (what === "field") {
    return reportError(context, { ...report, allowed: listAllowed(known), fix: didYouMean(name, known) });
  }
  const last = `.${name.slice(name.lastIndexOf(".") + 1)}`;
  const alike = known.filter((one) => one.endsWith(last));
  const [only, ...others] = alike;
  const isOne = only !== undefined && others.length === 0;
  const fix = isOne
    ? `write type.googleapis.com/${only}`
    : (didYouMean(name, alike.length > 0 ? alike : known) ?? WRAP);
  return reportError(context, { ...report, ...(alike.length === 0 ? {} : { allowed: listAllowed(alike) }), fix });
}

function placesOf(place: Place): Readonly<Record<MatchPart, Position>> {
  const at = (...steps: string[]): Position => place.context.locate(place.value("match", ...steps));
  return {
    proxy: at("proxy"),
    listener: at("listener"),
    listenerFilter: at("listener", "listenerFilter"),
    filterChain: at("listener", "filterChain"),
    filter: at("listener", "filterChain", "filter"),
    subFilter: at("listener", "filterChain", "filter", "subFilter"),
    routeConfiguration: at("routeConfiguration"),
    vhost: at("routeConfiguration", "vhost"),
    route: at("routeConfiguration", "vhost", "route"),
    cluster: at("cluster"),
  };
}

const workloadSelector = message(
  "WorkloadSelector",
  { optional: { labels }, inside: { "*": "labels" } },
  (given) => given.labels ?? {},
);

/** Istio: EnvoyFilter. */
export const envoyFilterSpec: Decoder<EnvoyFilterSpec> = message(
  "EnvoyFilter",
  {
    required: { configPatches: nonEmptyList(configPatch) },
    optional: { workloadSelector, priority: integer(-2_147_483_648, 2_147_483_647) },
    later: ["targetRefs"],
    inside: { applyTo: "configPatches", match: "configPatches", patch: "configPatches" },
  },
  (given) => ({
    selector: given.workloadSelector ?? {},
    priority: given.priority ?? 0,
    patches: given.configPatches,
  }),
);

export function buildEnvoyFilter(meta: ObjectMeta, spec: EnvoyFilterSpec): EnvoyFilter {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
