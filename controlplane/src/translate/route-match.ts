import {
  HeaderMatcherSchema,
  QueryParameterMatcherSchema,
  RouteMatchSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { RegexMatcherSchema } from "../../gen/envoy/type/matcher/v3/regex_pb.js";
import { StringMatcherSchema } from "../../gen/envoy/type/matcher/v3/string_pb.js";
import type { StringMatcher } from "../../gen/envoy/type/matcher/v3/string_pb.js";
import { claimPath } from "../model/index.ts";
import type { HttpMatch, StringMatch } from "../model/types.ts";
import { claimMatchers } from "./claim-match.ts";
import { connectMatch } from "./connect.ts";
import { create } from "./create.ts";
import { sortedEntries } from "./protobuf.ts";

/** The match of every request. */
export const matchAll: RouteMatch = create(RouteMatchSchema, { pathSpecifier: { case: "prefix", value: "/" } });

/** What of a match Envoy evaluates on the request; ports, gateways and sources are decided at translation. */
export function routeMatch(match: HttpMatch | undefined): RouteMatch {
  if (match === undefined) {
    return matchAll;
  }
  if (isConnect(match)) {
    return create(RouteMatchSchema, { ...connectMatch, headers: headerMatchers({ ...match, method: undefined }) });
  }
  return create(RouteMatchSchema, {
    pathSpecifier: pathSpecifier(match.uri),
    // Envoy ignores it for regular expressions, as Istio documents.
    ...(match.ignoreUriCase && match.uri && !("regex" in match.uri) ? { caseSensitive: false } : {}),
    headers: headerMatchers(match),
    queryParameters: sortedEntries(match.queryParams).map(([name, value]) => queryMatcher(name, value)),
    dynamicMetadata: claimMatchers(match, stringMatcher),
  });
}

/** Whether a match is for CONNECT requests, which have no path that any other match could look at. */
export function isConnect({ method, uri }: HttpMatch): boolean {
  return uri === undefined && method !== undefined && "exact" in method && method.exact === "CONNECT";
}

type HeaderMatches = Pick<HttpMatch, "headers" | "withoutHeaders" | "authority" | "scheme"> & {
  readonly method?: StringMatch | undefined;
};

function headerMatchers(match: HeaderMatches): HeaderMatcher[] {
  return [
    ...headersOf(match.headers).map(([name, value]) => headerMatcher(name, value, false)),
    ...headersOf(match.withoutHeaders).map(([name, value]) => headerMatcher(name, value, true)),
    ...(match.method ? [headerMatcher(":method", match.method, false)] : []),
    ...(match.authority ? [headerMatcher(":authority", match.authority, false)] : []),
    ...(match.scheme ? [headerMatcher(":scheme", match.scheme, false)] : []),
  ];
}

/** Whether a route with this match leaves nothing for the routes after it. */
export function isCatchAll({ pathSpecifier: path, headers, queryParameters, dynamicMetadata }: RouteMatch): boolean {
  const everyPath =
    (path.case === "prefix" && path.value === "/") || (path.case === "safeRegex" && path.value.regex === ".*");
  return everyPath && headers.length === 0 && queryParameters.length === 0 && dynamicMetadata.length === 0;
}

function headersOf(matches: HttpMatch["headers"]): [string, StringMatch][] {
  return sortedEntries(matches).filter(([name]) => claimPath(name) === undefined);
}

function pathSpecifier(uri: StringMatch | undefined): RouteMatch["pathSpecifier"] {
  if (uri === undefined || "present" in uri) {
    return matchAll.pathSpecifier;
  }
  if ("exact" in uri) {
    return { case: "path", value: uri.exact };
  }
  return "prefix" in uri
    ? { case: "prefix", value: uri.prefix }
    : { case: "safeRegex", value: create(RegexMatcherSchema, { regex: uri.regex }) };
}

function headerMatcher(name: string, match: StringMatch, invertMatch: boolean): HeaderMatcher {
  const value = stringMatcher(match);
  return create(HeaderMatcherSchema, {
    name,
    headerMatchSpecifier: value ? { case: "stringMatch", value } : { case: "presentMatch", value: true },
    invertMatch,
    // A request without the header is one "without" any of its values.
    treatMissingHeaderAsEmpty: invertMatch && value !== undefined,
  });
}

function queryMatcher(name: string, match: StringMatch): QueryParameterMatcher {
  const value = stringMatcher(match);
  return create(QueryParameterMatcherSchema, {
    name,
    queryParameterMatchSpecifier: value ? { case: "stringMatch", value } : { case: "presentMatch", value: true },
  });
}

/** Takes any value. */
export const anyValue: StringMatcher = create(StringMatcherSchema, { matchPattern: { case: "prefix", value: "" } });

/** A match of a value; undefined stands for "present". */
export function stringMatcher(match: StringMatch): StringMatcher | undefined {
  if ("present" in match) {
    return undefined;
  }
  return create(StringMatcherSchema, {
    matchPattern:
      "exact" in match
        ? { case: "exact", value: match.exact }
        : "prefix" in match
          ? { case: "prefix", value: match.prefix }
          : { case: "safeRegex", value: { regex: match.regex } },
  });
}
