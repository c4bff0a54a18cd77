import type { RedirectAction, RouteMatch } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { RoutedRequest } from "./request.ts";

/** Envoy's order of RedirectAction.RedirectResponseCode. */
const STATUS = [301, 302, 303, 307, 308] as const;

/** The status and Location of a redirect. Envoy: RouteEntryImplBase::newUri. */
export function redirectOf(
  action: RedirectAction,
  match: RouteMatch | undefined,
  request: RoutedRequest,
): { readonly status: number; readonly location: string } {
  const { schemeRewriteSpecifier: wanted, hostRedirect, portRedirect, stripQuery } = action;
  const scheme =
    wanted.case === "schemeRedirect" ? wanted.value : wanted.case === "httpsRedirect" ? "https" : request.scheme;
  const [name = "", port] = (hostRedirect === "" ? request.authority : hostRedirect).split(/:(?=\d+$)/);
  const kept = keptPort(port, request.scheme, scheme);
  const written = portRedirect === 0 ? kept : String(portRedirect);
  const path = pathOf(action, match, request);
  const query = request.query === "" || stripQuery || path.includes("?") ? "" : `?${request.query}`;
  return {
    status: STATUS[action.responseCode] ?? 301,
    location: `${scheme}://${name}${written === undefined ? "" : `:${written}`}${path}${query}`,
  };
}

/** A default port goes when the scheme changes. */
function keptPort(port: string | undefined, before: string, after: string): string | undefined {
  const isDefault = (before === "http" && port === "80") || (before === "https" && port === "443");
  return isDefault && before !== after ? undefined : port;
}

function pathOf(
  { pathRewriteSpecifier: wanted }: RedirectAction,
  match: RouteMatch | undefined,
  { path }: RoutedRequest,
): string {
  if (wanted.case === "pathRedirect") return wanted.value;
  if (wanted.case !== "prefixRewrite") return path;
  const matched = match?.pathSpecifier;
  return matched?.case === "prefix" || matched?.case === "path"
    ? wanted.value + path.slice(matched.value.length)
    : path;
}
