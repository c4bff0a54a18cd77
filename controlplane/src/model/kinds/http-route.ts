import { list } from "../decode/collections.ts";
import { reportError, type Report } from "../decode/context.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { count, string } from "../decode/scalars.ts";
import type { Destination, HttpRoute, Mirror, RouteDestination } from "../types.ts";
import { corsPolicy } from "./cors.ts";
import { delegate } from "./delegate.ts";
import { destination } from "./destination.ts";
import { fault } from "./fault.ts";
import { headers } from "./headers.ts";
import { httpMatch } from "./http-match.ts";
import { percentage, wholePercent } from "./percentage.ts";
import { retries } from "./retries.ts";
import { directResponse, redirect, rewrite } from "./route-actions.ts";

const routeDestination = message(
  "HTTPRouteDestination",
  {
    required: { destination },
    optional: { weight: count, headers },
    inside: { host: "destination", subset: "destination", port: "destination" },
    examples: { destination: "{ host: NAME }" },
  },
  (given) => given,
);

const mirrorPolicy = message(
  "HTTPMirrorPolicy",
  { required: { destination }, optional: { percentage } },
  (given): Mirror => ({
    destination: given.destination,
    perMillion: given.percentage ?? 1_000_000,
  }),
);

/** Istio: HTTPRoute. */
export const httpRoute = message(
  "HTTPRoute",
  {
    optional: {
      name: string,
      match: list(httpMatch),
      route: list(routeDestination),
      redirect,
      directResponse,
      rewrite,
      timeout: durationMs,
      retries,
      fault,
      mirror: destination,
      mirrorPercent: wholePercent,
      mirrorPercentage: percentage,
      mirrors: list(mirrorPolicy),
      headers,
      corsPolicy,
      delegate,
    },
  },
  (given, place): HttpRoute | undefined => {
    const destinations = given.route ?? [];
    const present = Object.keys(given).filter((field) => field !== "route" || destinations.length > 0);
    const good = checkAction(present, place) && checkWeights(destinations, place) && checkMirrors(present, place);
    if (!good) return undefined;
    const {
      name,
      redirect: redirection,
      directResponse: response,
      rewrite: rewriting,
      retries: retrying,
      fault: faults,
      headers: operations,
      delegate: delegation,
    } = given;
    return defined({
      name,
      match: given.match ?? [],
      route: weighted(destinations),
      redirect: redirection,
      directResponse: response,
      rewrite: rewriting,
      timeoutMs: given.timeout,
      retries: retrying,
      fault: faults,
      mirrors:
        given.mirror === undefined
          ? (given.mirrors ?? [])
          : [mirrorOf(given.mirror, given.mirrorPercentage ?? given.mirrorPercent)],
      cors: given.corsPolicy,
      headers: operations,
      delegate: delegation,
      position: place.context.locate(place.offset),
    });
  },
);

type RawDestination = Omit<RouteDestination, "weight" | "headers"> & {
  readonly weight: number | undefined;
  readonly headers: RouteDestination["headers"] | undefined;
};

/** One destination takes all traffic whatever its weight says; several without weights have protobuf's 0. */
function weighted(destinations: readonly RawDestination[]): RouteDestination[] {
  return destinations.map((one) =>
    defined({
      destination: one.destination,
      weight: one.weight ?? (destinations.length === 1 ? 100 : 0),
      headers: one.headers,
    }),
  );
}

function mirrorOf(to: Destination, perMillion: number | undefined): Mirror {
  return { destination: to, perMillion: perMillion ?? 1_000_000 };
}

/** Which other fields a redirect or a direct response excludes (Istio: validateHTTPRouteConflict). */
const EXCLUDES: Readonly<Record<string, readonly string[]>> = {
  redirect: ["route", "directResponse", "fault", "rewrite"],
  directResponse: ["route", "fault", "rewrite"],
  delegate: ["route", "redirect", "directResponse"],
};

function checkAction(present: readonly string[], place: Place): boolean {
  for (const [action, excluded] of Object.entries(EXCLUDES)) {
    const other = present.includes(action) ? excluded.find((field) => present.includes(field)) : undefined;
    if (other !== undefined)
      return refuse(place, {
        offset: place.key(other),
        message: `${place.path} has both ${action} and ${other}`,
        fix: "keep one of the two, or make two routes",
      });
  }
  if (["route", "redirect", "directResponse", "delegate"].some((action) => present.includes(action))) return true;
  return refuse(place, {
    offset: place.offset,
    message: `${place.path} does not say where requests go`,
    allowed: "one of route, redirect, directResponse, delegate",
    fix: "add route: [{ destination: { host: NAME } }]",
  });
}

function checkWeights(destinations: readonly RawDestination[], place: Place): boolean {
  const total = destinations.reduce((sum, one) => sum + (one.weight ?? 0), 0);
  if (destinations.length < 2 || total > 0) return true;
  return refuse(place, {
    offset: place.key("route"),
    path: `${place.path}.route`,
    message: `${place.path}.route has ${destinations.length} destinations whose weights add up to 0`,
    fix: "give each a weight, for example 90 and 10",
  });
}

function checkMirrors(present: readonly string[], place: Place): boolean {
  if (present.includes("mirror") && present.includes("mirrors")) {
    return refuse(place, {
      offset: place.key("mirrors"),
      message: `${place.path} has both mirror and mirrors`,
      fix: "move mirror into mirrors",
    });
  }
  const percent = ["mirrorPercentage", "mirrorPercent"].find((field) => present.includes(field));
  if (percent === undefined || present.includes("mirror")) return true;
  return refuse(place, {
    offset: place.key(percent),
    path: `${place.path}.${percent}`,
    message: `${place.path}.${percent} stands without mirror`,
  });
}

function refuse(place: Place, report: Omit<Report, "path"> & { path?: string }): false {
  reportError(place.context, { path: place.path, ...report });
  return false;
}
