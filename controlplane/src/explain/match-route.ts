import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { describeString, matchesRegex, matchesString } from "./match-string.ts";
import type { RoutedRequest } from "./request.ts";

/**
 * Why a route does not match a request: the first condition that does not hold, in words; `undefined` where it matches.
 * Envoy: envoy.config.route.v3.RouteMatch, source/common/router/config_impl.cc.
 */
export function mismatch(match: RouteMatch | undefined, request: RoutedRequest): string | undefined {
  if (match === undefined) return "the route matches nothing";
  return (
    pathMismatch(match, request) ??
    first(match.headers, (header) => headerMismatch(header, request)) ??
    first(match.queryParameters, (parameter) => queryMismatch(parameter, request)) ??
    (match.dynamicMetadata.length > 0 ? "it looks at claims of a token, which nobody has checked here" : undefined)
  );
}

function first<T>(all: readonly T[], why: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const reason = why(one);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function pathMismatch(
  { pathSpecifier: wanted, caseSensitive }: RouteMatch,
  request: RoutedRequest,
): string | undefined {
  const { method, path } = request;
  // A CONNECT has no path.
  if (method === "CONNECT" && wanted.case !== "connectMatcher") return "it is not for CONNECT";
  const fold = (text: string): string => (caseSensitive === false ? text.toLowerCase() : text);
  switch (wanted.case) {
    case "path":
      return fold(path) === fold(wanted.value) ? undefined : `the path ${path} is not ${wanted.value}`;
    case "prefix":
      return fold(path).startsWith(fold(wanted.value))
        ? undefined
        : `the path ${path} does not begin with ${wanted.value}`;
    case "pathSeparatedPrefix": {
      const isWithin = fold(path) === fold(wanted.value) || fold(path).startsWith(`${fold(wanted.value)}/`);
      return isWithin ? undefined : `the path ${path} is not ${wanted.value} or below it`;
    }
    case "safeRegex":
      return matchesRegex(wanted.value.regex, path)
        ? undefined
        : `the path ${path} does not match ${wanted.value.regex}`;
    case "connectMatcher":
      return method === "CONNECT" ? undefined : "it is for CONNECT";
    case "pathMatchPolicy":
    case undefined:
      return "its path is of a kind that is not known here";
    default:
      return wanted satisfies never;
  }
}

/** Of a header that is sent several times each value is looked at: one that matches is enough (Envoy 1.40). */
function headerMismatch(header: HeaderMatcher, request: RoutedRequest): string | undefined {
  const { name, invertMatch, treatMissingHeaderAsEmpty, headerMatchSpecifier: wanted } = header;
  const sent = headerOf(name, request);
  const isThere = sent.length > 0;
  if (wanted.case === "presentMatch") {
    if ((isThere === wanted.value) !== invertMatch) return undefined;
    return isThere ? `there is a header ${name}` : `there is no header ${name}`;
  }
  if (wanted.case !== "stringMatch") return `the header ${name} is looked at in a way that is not known here`;
  const values = isThere || !treatMissingHeaderAsEmpty ? sent : [""];
  // A header that is not there matches neither a value nor its opposite.
  if (values.length === 0) return `there is no header ${name}; ${describeString(wanted.value)} is wanted`;
  if (values.some((value) => matchesString(wanted.value, value)) !== invertMatch) return undefined;
  const text = values.map((value) => `"${value}"`).join(", ");
  const is = name.startsWith(":") ? `the ${name.slice(1)} is ${values[0]}` : `the header ${name} is ${text}`;
  return invertMatch ? is : `${is}; ${describeString(wanted.value)} is wanted`;
}

function headerOf(name: string, { method, scheme, authority, headers }: RoutedRequest): readonly string[] {
  if (name === ":method") return [method];
  if (name === ":scheme") return [scheme];
  if (name === ":authority" || name.toLowerCase() === "host") return [authority];
  return headers.get(name.toLowerCase()) ?? [];
}

function queryMismatch(parameter: QueryParameterMatcher, { query }: RoutedRequest): string | undefined {
  const { name, queryParameterMatchSpecifier: wanted } = parameter;
  const value = firstParameter(query, name);
  if (wanted.case === "presentMatch") {
    if ((value !== undefined) === wanted.value) return undefined;
    return value === undefined ? `the query has no ${name}` : `the query has ${name}`;
  }
  if (wanted.case !== "stringMatch") return value === undefined ? `the query has no ${name}` : undefined;
  if (value === undefined) return `the query has no ${name}; ${describeString(wanted.value)} is wanted`;
  return matchesString(wanted.value, value)
    ? undefined
    : `${name} is "${value}" in the query; ${describeString(wanted.value)} is wanted`;
}

/** The first of several counts, and nothing is decoded, as in Envoy. */
function firstParameter(query: string, name: string): string | undefined {
  for (const part of query.split("&")) {
    const at = part.indexOf("=");
    if ((at < 0 ? part : part.slice(0, at)) === name) return at < 0 ? "" : part.slice(at + 1);
  }
  return undefined;
}
