import { RE2JS } from "re2js";
import type { RouteAction, RouteMatch } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { RoutedRequest } from "./request.ts";

/** The request as it is after the route's rewrites, which the policies of the destination see. */
export function forwardedRequest(
  request: RoutedRequest,
  action: RouteAction | undefined,
  match: RouteMatch | undefined,
): RoutedRequest {
  if (action === undefined) return request;
  const { hostRewriteSpecifier: host } = action;
  return {
    ...request,
    path: rewrittenPath(request.path, action, match),
    ...(host.case === "hostRewriteLiteral" ? { authority: host.value } : {}),
  };
}

function rewrittenPath(
  path: string,
  { prefixRewrite, regexRewrite }: RouteAction,
  match: RouteMatch | undefined,
): string {
  if (prefixRewrite !== "") return prefixRewrite + path.slice(matchedLength(match, path));
  if (regexRewrite?.pattern === undefined) return path;
  try {
    // RE2 writes its groups \1, the library $1.
    const substitution = regexRewrite.substitution.replaceAll("$", "\\$").replace(/\\(\d)/g, "$$$1");
    return RE2JS.compile(regexRewrite.pattern.regex).matcher(path).replaceAll(substitution);
  } catch {
    return path;
  }
}

/** How much of the path a rewrite replaces: a prefix, or for other matches all of it. */
function matchedLength(match: RouteMatch | undefined, path: string): number {
  const specifier = match?.pathSpecifier;
  return specifier?.case === "prefix" || specifier?.case === "pathSeparatedPrefix"
    ? specifier.value.length
    : path.length;
}
