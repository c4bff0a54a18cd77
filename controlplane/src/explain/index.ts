import { isMessage } from "@bufbuild/protobuf";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { Route, VirtualHost } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Mesh } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { translate } from "../translate/index.ts";
import { indexMesh } from "../translate/mesh-index.ts";
import { originOf } from "../translate/route-origin.ts";
import { authorizationOf } from "./authorization.ts";
import { connectionThrough } from "./connection.ts";
import { destinationsOf } from "./destinations.ts";
import { effectsOf } from "./effects.ts";
import { findEntrance, type ResourcesOf } from "./entrance.ts";
import { mismatch } from "./match-route.ts";
import { clustersOf, patchEffects } from "./patches.ts";
import { placeOfRule } from "./place.ts";
import { forwardedRequest } from "./forward.ts";
import { policyEffects } from "./policies.ts";
import { redirectOf } from "./redirect.ts";
import { routedRequest } from "./request.ts";
import type { RoutedRequest } from "./request.ts";
import { telemetryEffects } from "./telemetry.ts";
import type {
  Attempt,
  Authorize,
  ConnectionExplanation,
  ConnectionQuestion,
  Explanation,
  Outcome,
  Question,
  Unanswerable,
} from "./types.ts";
import { chooseVirtualHost } from "./virtual-host.ts";

export type * from "./types.ts";

/** Digests are of no consequence to routing. */
const NO_MODULES = { authorization: { sha256: "" }, policies: { sha256: "" } };

/** What an explanation needs beside the mesh. */
export interface ExplainOptions {
  /** Decides by AuthorizationPolicies; without it they are only named. */
  readonly authorize?: Authorize;
  /** Milliseconds since 1970, for what has an end; 0 if not given: then everything that will end is there. */
  readonly now?: number;
}

function resourcesIn(mesh: Mesh, now: number): ResourcesOf {
  const translated = new Map(translate(mesh, { modules: NO_MODULES, now }).map((one) => [one.proxy, one.resources]));
  return (id) => translated.get(id) ?? [];
}

/** What the mesh does with a connection, and why, by the configuration that its proxies would get. Pure; asks no proxy. */
export function explainConnection(
  mesh: Mesh,
  question: ConnectionQuestion,
  { authorize, now = 0 }: ExplainOptions = {},
): ConnectionExplanation | Unanswerable {
  return connectionThrough(mesh, question, resourcesIn(mesh, now), authorize);
}

/** What the mesh does with a request, and why, by the configuration that its proxies would get. Pure; asks no proxy. */
export function explainRequest(
  mesh: Mesh,
  question: Question,
  { authorize, now = 0 }: ExplainOptions = {},
): Explanation | Unanswerable {
  const resourcesOf = resourcesIn(mesh, now);
  const entrance = findEntrance(mesh, question, resourcesOf);
  if ("problem" in entrance) return entrance;
  const { proxy, listener, chains, routes } = entrance;
  const all = resourcesOf(proxy.id);
  const routing = all.find((one) => one.kind === "route" && one.name === routes);
  const configuration = routing && configurationOf(routing);
  if (configuration === undefined) return { problem: `${proxy.id} has no routes for ${listener.name}` };
  const request = requestOf(question, mesh);
  const { method, authority, path, query } = request;
  const host = chooseVirtualHost(configuration, request.authority);
  const { attempts, chosen } = tryRoutes(host?.virtualHost, request);
  const outcome = outcomeOf(chosen, request, all, mesh);
  const destinations = outcome.kind === "forward" ? outcome.destinations : [];
  const action = chosen?.action.case === "route" ? chosen.action.value : undefined;
  const rule = chosen && originOf(chosen)?.http;
  const forwarded = forwardedRequest(request, action, chosen?.match);
  const isRewritten = forwarded.path !== path || forwarded.authority !== authority;
  const name = host?.virtualHost.name.replace(/:\d+$/, "") ?? authority;
  const index = indexMesh(mesh, undefined, now);
  const place = { index, client: proxy.workload, host: name, route: rule?.name, destinations };
  return {
    proxy: { id: proxy.id, kind: proxy.kind },
    listener,
    chains,
    routes,
    request: { method, authority, path, query },
    ...(host === undefined ? {} : { virtualHost: { name: host.virtualHost.name, domain: host.domain } }),
    attempts,
    leftOut: chosen === undefined ? [] : leftOut(host?.virtualHost, chosen),
    outcome,
    ...(isRewritten ? { forwarded: { authority: forwarded.authority, path: forwarded.path } } : {}),
    effects: [
      ...effectsOf(action, rule),
      ...policyEffects(place),
      ...telemetryEffects(mesh, proxy.workload),
      ...patchEffects([entrance.resource, routing, ...clustersOf(destinations, all)]),
    ],
    authorization: authorizationOf(
      mesh,
      {
        entrance: proxy,
        port: listener.port,
        asker: question,
        destinations,
        requests: { first: request, forwarded },
      },
      authorize,
    ),
  };
}

function configurationOf({ message }: Resource): RouteConfiguration | undefined {
  return isMessage(message, RouteConfigurationSchema) ? message : undefined;
}

function requestOf({ method, url, headers }: Question, { config }: Mesh): RoutedRequest {
  const own = headers.find(([name]) => ["host", ":authority"].includes(name.toLowerCase()));
  return routedRequest(
    {
      method,
      scheme: url.protocol.slice(0, -1),
      authority: own?.[1] ?? url.host,
      target: `${url.pathname}${url.search}`,
      headers: headers.filter((header) => header !== own),
    },
    config.pathNormalization,
  );
}

function tryRoutes(host: VirtualHost | undefined, request: RoutedRequest): { attempts: Attempt[]; chosen?: Route } {
  const attempts: Attempt[] = [];
  for (const [index, route] of (host?.routes ?? []).entries()) {
    const reason = mismatch(route.match, request);
    const origin = originOf(route);
    attempts.push({
      route: route.name === "" ? `route ${index + 1}` : route.name,
      ...(origin === undefined ? {} : { madeFrom: placeOfRule(origin) }),
      ...(reason === undefined ? {} : { mismatch: reason }),
    });
    if (reason === undefined) return { attempts, chosen: route };
  }
  return { attempts };
}

/** Rules that stand before the chosen one and became no route of this proxy: they are for others, or for other ports. */
function leftOut(host: VirtualHost | undefined, chosen: Route): Explanation["leftOut"] {
  const origin = originOf(chosen);
  if (origin === undefined) return [];
  const made = new Set(host?.routes.map((route) => originOf(route)?.http));
  const { virtualService } = origin;
  return virtualService.http.slice(0, virtualService.http.indexOf(origin.http)).flatMap((http) =>
    made.has(http)
      ? []
      : [
          {
            ...placeOfRule({ virtualService, http }),
            reason: "its matches are for another port, gateway or source, or nothing is left of its destinations",
          },
        ],
  );
}

function outcomeOf(
  chosen: Route | undefined,
  request: RoutedRequest,
  resources: readonly Resource[],
  mesh: Mesh,
): Outcome {
  if (chosen === undefined) return { kind: "respond", status: 404, why: "no route matches" };
  const { action } = chosen;
  if (action.case === "route") return { kind: "forward", destinations: destinationsOf(action.value, resources, mesh) };
  if (action.case === "redirect") return { kind: "redirect", ...redirectOf(action.value, chosen.match, request) };
  const status = action.case === "directResponse" ? action.value.status : 500;
  return { kind: "respond", status, why: WHY[chosen.name] ?? "the rule answers by itself" };
}

/** Routes of ours that answer what nothing else does. */
const WHY: Readonly<Record<string, string>> = {
  not_found: "no rule of the host matches",
  block_all: "no service or VirtualService has this host",
};
