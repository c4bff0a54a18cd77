import { list, nonEmptyList } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { message, type Place } from "../decode/message.ts";
import { exportTo, fullHost, hostPattern } from "../decode/names.ts";
import { covers } from "../lookup/host-match.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { HttpMatch, HttpRoute, VirtualService } from "../types.ts";
import { gatewayName } from "./gateway-name.ts";
import { httpRoute } from "./http-route.ts";

type VirtualServiceSpec = Pick<VirtualService, "hosts" | "gateways" | "http">;

/** Istio: VirtualService. One without hosts would be a delegate, which is not understood yet. */
export const virtualServiceSpec = message(
  "VirtualService",
  {
    required: { hosts: nonEmptyList(hostPattern), http: nonEmptyList(httpRoute) },
    optional: { gateways: list(gatewayName), exportTo: list(exportTo) },
    later: ["tls", "tcp"],
    inside: { match: "http", route: "http", timeout: "http", retries: "http", fault: "http", rewrite: "http" },
    examples: { hosts: "[NAME]", http: "[{ route: [{ destination: { host: NAME } }] }]" },
  },
  (given, place): VirtualServiceSpec | undefined => {
    const hosts = given.hosts.map((host) => fullHost(host, place.context.ref.namespace));
    const gateways = given.gateways === undefined || given.gateways.length === 0 ? ["mesh"] : given.gateways;
    if (!checkHosts(hosts, gateways, place)) return undefined;
    warnOfUnreachable(given.http, place);
    warnOfStrangeGateways(given.http, gateways, place);
    return { hosts, gateways, http: given.http };
  },
);

function checkHosts(hosts: readonly string[], gateways: readonly string[], place: Place): boolean {
  for (const [index, host] of hosts.entries()) {
    const path = `${place.path}.hosts[${index}]`;
    const offset = place.value("hosts", index);
    if (host === "*" && gateways.includes("mesh")) {
      reportError(place.context, {
        offset,
        path,
        message: `${path} cannot be "*" for the gateway mesh`,
        fix: "name the gateways, or the hosts",
      });
      return false;
    }
    const earlier = hosts.slice(0, index).find((other) => covers(other, host) || covers(host, other));
    if (earlier !== undefined) {
      reportError(place.context, {
        offset,
        path,
        message: `${path} overlaps with the host "${earlier}" of the same list`,
        fix: "keep one of the two",
      });
      return false;
    }
  }
  return true;
}

/** Istio stops at the first route that takes everything; what stands after it never runs. */
function warnOfUnreachable(routes: readonly HttpRoute[], place: Place): void {
  const last = routes.findIndex((route) => route.match.length === 0 || route.match.some(isCatchAll));
  if (last < 0 || last === routes.length - 1) return;
  const path = `${place.path}.http[${last + 1}]`;
  const text = `${path} is never reached, because ${place.path}.http[${last}] matches every request`;
  reportWarning(place.context, {
    offset: place.value("http", last + 1),
    path,
    code: "IST0130",
    message: text,
    fix: "move it up",
  });
}

/** A match's own gateways only narrow the VirtualService's: one that is not among them brings no request. */
function warnOfStrangeGateways(routes: readonly HttpRoute[], gateways: readonly string[], place: Place): void {
  for (const [route, { match }] of routes.entries()) {
    for (const [index, { gateways: own = [] }] of match.entries()) {
      const strange = own.findIndex((name) => !gateways.includes(name));
      if (strange < 0) continue;
      const path = `${place.path}.http[${route}].match[${index}].gateways[${strange}]`;
      reportWarning(place.context, {
        offset: place.value("http", route, "match", index, "gateways", strange),
        path,
        code: "IST0131",
        message: `${path} has no effect, because ${place.path}.gateways does not name ${own[strange]}`,
        allowed: gateways.join(", "),
        fix: `add it to ${place.path}.gateways`,
      });
    }
  }
}

/** True for a match that no request escapes, wherever it comes from. */
function isCatchAll(match: HttpMatch): boolean {
  const { uri } = match;
  const anyPath =
    uri === undefined ||
    "present" in uri ||
    ("prefix" in uri && uri.prefix === "/") ||
    ("regex" in uri && uri.regex === ".*");
  const conditions = [match.headers, match.withoutHeaders, match.queryParams, match.sourceLabels];
  const scalars = [match.scheme, match.method, match.authority, match.port, match.sourceNamespace, match.gateways];
  return (
    anyPath && conditions.every((one) => Object.keys(one).length === 0) && scalars.every((one) => one === undefined)
  );
}

export function buildVirtualService(meta: ObjectMeta, spec: VirtualServiceSpec): VirtualService {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
