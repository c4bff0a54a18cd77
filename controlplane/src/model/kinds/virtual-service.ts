import { list } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { message, type Place } from "../decode/message.ts";
import { fullHost, hostPattern } from "../decode/names.ts";
import { NOT_WRITTEN, visibility } from "../decode/visibility.ts";
import { covers } from "../lookup/host-match.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { HttpMatch, HttpRoute, TcpRoute, VirtualService } from "../types.ts";
import { gatewayName } from "./gateway-name.ts";
import { httpRoute } from "./http-route.ts";
import { tcpRoute, tlsRoute } from "./tcp-route.ts";

type VirtualServiceSpec = Pick<VirtualService, "hosts" | "gateways" | "exportTo" | "http" | "tls" | "tcp">;

/** Istio: VirtualService. One without hosts is a delegate: routes for others to point at. */
export const virtualServiceSpec = message(
  "VirtualService",
  {
    optional: {
      hosts: list(hostPattern),
      http: list(httpRoute),
      tls: list(tlsRoute),
      tcp: list(tcpRoute),
      gateways: list(gatewayName),
      exportTo: visibility,
    },
    inside: { match: "http", route: "http", timeout: "http", retries: "http", fault: "http", rewrite: "http" },
  },
  (given, place): VirtualServiceSpec | undefined => {
    const hosts = (given.hosts ?? []).map((host) => fullHost(host, place.context.ref.namespace));
    const gateways = given.gateways === undefined || given.gateways.length === 0 ? ["mesh"] : given.gateways;
    const { http = [], tls = [], tcp = [], exportTo = NOT_WRITTEN } = given;
    const written = Object.keys(given).filter((field) => field !== "hosts");
    if (!checkRoutes(http.length + tls.length + tcp.length, place)) return undefined;
    if (hosts.length === 0 && !checkDelegate(written, http, place)) return undefined;
    if (!checkHosts(hosts, gateways, place)) return undefined;
    if (!checkServerNames(tls, [...new Set([...(given.hosts ?? []), ...hosts])], place)) return undefined;
    warnOfUnreachable(http, place);
    if (hosts.length > 0) warnOfStrangeGateways(http, gateways, place);
    return { hosts, gateways, exportTo, http, tls, tcp };
  },
);

function checkRoutes(count: number, place: Place): boolean {
  if (count > 0) return true;
  const path = `${place.path}.http`;
  reportError(place.context, {
    offset: place.key("http"),
    path,
    message: `${path} is required`,
    allowed: "one of http, tls, tcp",
    fix: "add http: [{ route: [{ destination: { host: NAME } }] }]",
  });
  return false;
}

/** Istio: a VirtualService without hosts is a delegate, which has HTTP routes and nothing else, and cannot delegate. */
function checkDelegate(written: readonly string[], http: readonly HttpRoute[], place: Place): boolean {
  const path = `${place.path}.hosts`;
  const strange = written.find((field) => ["gateways", "tls", "tcp"].includes(field));
  if (strange !== undefined) {
    reportError(place.context, {
      offset: place.key("hosts"),
      path,
      message: `${path} is required beside ${strange}; without hosts it is a delegate, which has only http`,
      fix: "add hosts: [NAME]",
    });
    return false;
  }
  const again = http.findIndex((route) => route.delegate !== undefined);
  if (again < 0) return true;
  const field = `${place.path}.http[${again}].delegate`;
  reportError(place.context, {
    offset: place.value("http", again, "delegate"),
    path: field,
    message: `${field} stands in a VirtualService without hosts, which is itself a delegate`,
    fix: "write the routes here, or add hosts: [NAME]",
  });
  return false;
}

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

/** Istio: validateSniHost. A name that is none of the hosts' would never come here. */
function checkServerNames(routes: readonly TcpRoute[], hosts: readonly string[], place: Place): boolean {
  for (const [route, { match }] of routes.entries()) {
    for (const [index, { sniHosts = [] }] of match.entries()) {
      const strange = sniHosts.findIndex((name) => !hosts.some((host) => covers(host, name)));
      if (strange < 0) continue;
      const path = `${place.path}.tls[${route}].match[${index}].sniHosts[${strange}]`;
      reportError(place.context, {
        offset: place.value("tls", route, "match", index, "sniHosts", strange),
        path,
        message: `${path} is ${sniHosts[strange]}, which none of ${place.path}.hosts takes in`,
        allowed: hosts.join(", "),
        fix: `add ${sniHosts[strange]} to ${place.path}.hosts`,
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
