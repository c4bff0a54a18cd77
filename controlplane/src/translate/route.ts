import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  RedirectAction_RedirectResponseCode as RedirectCode,
  RedirectActionSchema,
  RouteSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { RedirectAction, Route } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Headers, HttpMatch, HttpRoute, Redirect, VirtualService } from "../model/types.ts";
import { compileFault, compileHeaders } from "../policy/index.ts";
import { forConnect } from "./connect.ts";
import { corsConfig } from "./cors.ts";
import { create } from "./create.ts";
import { resolve } from "./destination.ts";
import type { Target } from "./destination.ts";
import { resolveByRequest } from "./forward-proxy.ts";
import { faultInjectionsFor } from "./fault-injections.ts";
import { headerPoliciesFor } from "./header-policies.ts";
import { programMetadata, turnOn } from "./filters.ts";
import { matchedHeaders, nativeHeaders, nativeNames, sharesCluster } from "./native-headers.ts";
import { responseFaults } from "./response-faults.ts";
import { forward, forwardByDefault, headersToRemove, targetsOf } from "./route-action.ts";
import { isCatchAll, isConnect, matchAll, routeMatch } from "./route-match.ts";
import { defaultInputs, routeInputs } from "./route-inputs.ts";
import { fromRule } from "./route-origin.ts";
import { appliesTo } from "./view.ts";
import type { RouteView } from "./view.ts";

type RouteInit = Exclude<MessageInitShape<typeof RouteSchema>, { $typeName: string }>;

/**
 * The routes of a VirtualService that hold for the view, in the order written, up to the first that matches every
 * request: what comes after that can never match. `matched` names all headers that routes of the same virtual host
 * match on, where there are more of them than the VirtualService's own.
 */
export function virtualServiceRoutes(
  virtualService: VirtualService,
  view: RouteView,
  matched: ReadonlySet<string> = matchedHeaders(virtualService, view),
): readonly Route[] {
  const { recall, mesh } = view.index;
  const { name, rules } = routeInputs(virtualService, view);
  const inputs = [virtualService, rules, [...matched], mesh.config];
  return recall.of(name, inputs, () => makeRoutes(virtualService, view, matched));
}

function makeRoutes(virtualService: VirtualService, view: RouteView, matched: ReadonlySet<string>): readonly Route[] {
  const routes: Route[] = [];
  for (const http of virtualService.http) {
    const alternatives = http.match.length > 0 ? http.match.filter((match) => appliesTo(match, view)) : [undefined];
    const shared = alternatives.length > 0 ? routeFields(http, view, matched) : undefined;
    for (const match of shared ? alternatives : []) {
      const made = create(RouteSchema, { ...shared, ...matchFields(http, match) });
      const route = fromRule(made, { virtualService, http, ...(match === undefined ? {} : { match }) });
      if (match && isConnect(match) && route.action.case === "route") {
        route.action = { case: "route", value: forConnect(route.action.value) };
      }
      routes.push(route);
      if (matchesAll(route)) {
        return routes;
      }
    }
  }
  return routes;
}

/** The route of a service's port that no VirtualService speaks of. */
export function defaultRoute(host: string, view: RouteView): Route {
  const { recall, mesh } = view.index;
  const own = { ...view, host };
  const target = resolve({ host, port: view.port }, own);
  const inputs = [defaultInputs(target, own), mesh.config];
  return recall.of(`route ${host}:${view.port}`, inputs, () =>
    create(RouteSchema, {
      name: "default",
      match: matchAll,
      action: { case: "route", value: forwardByDefault(target, own) },
      requestHeadersToRemove: headersToRemove([target]),
      ...policies({}, ownHeaders(own), own, [target]),
    }),
  );
}

function ownHeaders(view: RouteView): Uint8Array | undefined {
  return compileHeaders(undefined, new Map(), undefined, undefined, headerPoliciesFor(view, undefined));
}

/** Answers all that no other route has taken; as a route, so that filters run as they do for any other. */
export function answerAll(name: string, status: number): Route {
  return create(RouteSchema, { name, match: matchAll, action: { case: "directResponse", value: { status } } });
}

export function matchesAll({ match }: Route): boolean {
  return match !== undefined && isCatchAll(match);
}

function matchFields(http: HttpRoute, match: HttpMatch | undefined): RouteInit {
  return {
    name: [http.name, match?.name].filter((name) => name !== undefined && name !== "").join("."),
    match: routeMatch(match),
    statPrefix: match?.statPrefix ?? "",
  };
}

// What is the same for all alternatives of the match. Undefined where there is nothing to do for a request.
function routeFields(http: HttpRoute, view: RouteView, matched: ReadonlySet<string>): RouteInit | undefined {
  if (http.redirect) {
    return {
      action: { case: "redirect", value: redirectAction(http.redirect, view) },
      ...policies(http, answerHeaders(http, view), view),
    };
  }
  if (http.directResponse) {
    const { status, body } = http.directResponse;
    const specifier =
      typeof body === "string"
        ? { case: "inlineString" as const, value: body }
        : { case: "inlineBytes" as const, value: body ?? new Uint8Array() };
    const value = { status, ...(body === undefined ? {} : { body: { specifier } }) };
    return { action: { case: "directResponse", value }, ...policies(http, answerHeaders(http, view), view) };
  }
  const targets = targetsOf(http.route, view);
  if (targets.length === 0) {
    return undefined;
  }
  const only = targets.length === 1 ? targets[0] : undefined;
  const native = nativeNames(targets, matched);
  const chosen = only ? [] : targets.filter((target) => !sharesCluster(target, targets));
  const byCluster = new Map(chosen.flatMap(({ cluster, headers }) => (headers ? [[cluster, headers] as const] : [])));
  return {
    action: { case: "route", value: forward(http, targets, view, native) },
    ...nativeHeaders([http.headers, only?.headers], native, only ? headersToRemove([only]) : []),
    ...policies(
      http,
      compileHeaders(http.headers, byCluster, only?.headers, native, headerPoliciesFor(view, http.name)),
      view,
      targets,
    ),
  };
}

// No one gets the request of a route that answers itself.
function answerHeaders({ name, headers: { response } = {} }: HttpRoute, view: RouteView): Uint8Array | undefined {
  const headers: Headers | undefined = response && { response };
  const own = headerPoliciesFor(view, name).map(({ response: answer, cookies }) =>
    answer === undefined ? { cookies } : { response: answer, cookies },
  );
  return compileHeaders(headers, new Map(), undefined, undefined, own);
}

function policies(
  { name, fault: own, cors }: Pick<HttpRoute, "name" | "fault" | "cors">,
  headers: Uint8Array | undefined,
  { index, client, host = "" }: RouteView,
  targets: readonly Target[] = [],
): RouteInit {
  const target = { side: "CLIENT", workload: client, host, route: name } as const;
  const injections = faultInjectionsFor(index.mesh, target, index.now);
  const hasFault = own !== undefined || injections.length > 0;
  const hasProgram = hasFault || headers !== undefined;
  const { resolved } = targets.find((one) => one.resolved !== undefined) ?? {};
  if (!hasProgram && cors === undefined && resolved === undefined) return {};
  const fault = hasFault ? compileFault(own, injections) : undefined;
  return {
    ...(hasProgram ? { metadata: programMetadata({ fault, headers }) } : {}),
    typedPerFilterConfig: {
      ...(hasProgram ? turnOn("outbound") : {}),
      ...responseFaults(injections),
      ...(cors ? corsConfig(cors) : {}),
      ...(resolved ? resolveByRequest(resolved.authority) : {}),
    },
  };
}

const redirectCodes = {
  301: RedirectCode.MOVED_PERMANENTLY,
  302: RedirectCode.FOUND,
  303: RedirectCode.SEE_OTHER,
  307: RedirectCode.TEMPORARY_REDIRECT,
  308: RedirectCode.PERMANENT_REDIRECT,
} as const satisfies Record<Redirect["redirectCode"], RedirectCode>;

function redirectAction(redirect: Redirect, view: RouteView): RedirectAction {
  const { uri, prefixRewrite, authority, scheme, redirectCode } = redirect;
  const port = redirect.port === "request" ? requestPort(view.port, scheme) : redirect.port;
  return create(RedirectActionSchema, {
    hostRedirect: authority ?? "",
    portRedirect: port ?? 0,
    responseCode: redirectCodes[redirectCode],
    ...(scheme === undefined ? {} : { schemeRewriteSpecifier: { case: "schemeRedirect", value: scheme } }),
    ...(prefixRewrite !== undefined
      ? { pathRewriteSpecifier: { case: "prefixRewrite", value: prefixRewrite } }
      : uri !== undefined
        ? { pathRewriteSpecifier: { case: "pathRedirect", value: uri } }
        : {}),
  });
}

// Nobody writes the port that the scheme means anyway.
function requestPort(port: number, scheme: string | undefined): number {
  const isDefault = (scheme === "http" && port === 80) || (scheme === "https" && port === 443);
  return isDefault ? 0 : port;
}
