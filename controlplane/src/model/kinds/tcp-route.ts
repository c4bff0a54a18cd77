import { list, nonEmptyList } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { hostPattern, labels } from "../decode/names.ts";
import { count, portNumber, string } from "../decode/scalars.ts";
import type { TcpMatch, TcpRoute } from "../types.ts";
import { ipRange } from "../decode/socket.ts";
import { destination } from "./destination.ts";
import { gatewayName } from "./gateway-name.ts";
import { withoutEffect } from "./without-effect.ts";

/** Fields of both kinds of match. */
const L4 = {
  destinationSubnets: list(ipRange),
  port: portNumber,
  sourceLabels: labels,
  sourceNamespace: string,
  gateways: list(gatewayName),
};

const tcpMatch = message(
  "L4MatchAttributes",
  {
    optional: {
      ...L4,
      ...withoutEffect({
        sourceSubnet: "Istio does not look at it either; sourceLabels and sourceNamespace tell clients apart",
      }),
    },
  },
  (given): TcpMatch => common(given),
);

const tlsMatch = message(
  "TLSMatchAttributes",
  {
    required: { sniHosts: nonEmptyList(hostPattern) },
    optional: L4,
    examples: { sniHosts: "[NAME]" },
  },
  (given): TcpMatch => ({ sniHosts: given.sniHosts, ...common(given) }),
);

type Common = {
  readonly [K in keyof typeof L4]: ReturnType<(typeof L4)[K]>;
};

function common({ destinationSubnets, port, sourceLabels, sourceNamespace, gateways }: Common): TcpMatch {
  return defined({
    destinationSubnets: destinationSubnets?.length === 0 ? undefined : destinationSubnets,
    port,
    sourceLabels: sourceLabels ?? {},
    sourceNamespace,
    // An empty list is protobuf's "not given".
    gateways: gateways?.length === 0 ? undefined : gateways,
  });
}

const routeDestination = message(
  "RouteDestination",
  { required: { destination }, optional: { weight: count }, examples: { destination: "{ host: NAME }" } },
  (given) => given,
);

/** Istio: TCPRoute. */
export const tcpRoute: Decoder<TcpRoute> = message(
  "TCPRoute",
  {
    required: { route: nonEmptyList(routeDestination) },
    optional: { match: list(tcpMatch) },
    examples: { route: "[{ destination: { host: NAME } }]" },
  },
  (given, place) => build(given, place),
);

/** Istio: TLSRoute. A match is required, as its server names are. */
export const tlsRoute: Decoder<TcpRoute> = message(
  "TLSRoute",
  {
    required: { match: nonEmptyList(tlsMatch), route: nonEmptyList(routeDestination) },
    examples: { match: "[{ sniHosts: [NAME] }]", route: "[{ destination: { host: NAME } }]" },
  },
  (given, place) => build(given, place),
);

type RawDestination = Exclude<ReturnType<typeof routeDestination>, undefined>;

function build(
  given: { readonly match: readonly TcpMatch[] | undefined; readonly route: readonly RawDestination[] },
  place: Place,
): TcpRoute | undefined {
  const destinations = given.route;
  const total = destinations.reduce((sum, { weight = 0 }) => sum + weight, 0);
  if (destinations.length > 1 && total === 0) {
    const path = `${place.path}.route`;
    return reportError(place.context, {
      offset: place.key("route"),
      path,
      message: `${path} has ${destinations.length} destinations whose weights add up to 0`,
      fix: "give each a weight, for example 90 and 10",
    });
  }
  return {
    match: given.match ?? [],
    // One destination takes all connections whatever its weight says.
    route: destinations.map((one) => ({
      destination: one.destination,
      weight: destinations.length === 1 ? 100 : (one.weight ?? 0),
    })),
    position: place.context.locate(place.offset),
  };
}
