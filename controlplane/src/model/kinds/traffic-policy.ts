import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { hostName } from "../decode/names.ts";
import { enumeration, number, portNumber, uint32 } from "../decode/scalars.ts";
import type { PortTrafficPolicy, RetryBudget, TrafficPolicy, Tunnel } from "../types.ts";
import { clientTls } from "./client-tls.ts";
import { connectionPool } from "./connection-pool.ts";
import { loadBalancer } from "./load-balancer.ts";
import { outlierDetection } from "./outlier-detection.ts";

const blocks = { loadBalancer, connectionPool, outlierDetection, tls: clientTls };

const portLevelSetting = message(
  "PortTrafficPolicy",
  {
    required: { port: message("PortSelector", { required: { number: portNumber } }, (given) => given.number) },
    optional: blocks,
    examples: { port: "{ number: 80 }" },
  },
  (given): PortTrafficPolicy & { number: number } => defined({ number: given.port, ...blocksOf(given) }),
);

function blocksOf(given: {
  readonly [K in keyof PortTrafficPolicy]: PortTrafficPolicy[K] | undefined;
}): PortTrafficPolicy {
  return defined({
    loadBalancer: given.loadBalancer,
    connectionPool: given.connectionPool,
    outlierDetection: given.outlierDetection,
    tls: given.tls,
  });
}

const tunnel = message(
  "TunnelSettings",
  {
    required: { targetHost: hostName, targetPort: portNumber },
    optional: { protocol: enumeration(["CONNECT", "POST"]) },
  },
  (given): Tunnel => ({ ...given, protocol: given.protocol ?? "CONNECT" }),
);

const proxyProtocol = message(
  "ProxyProtocol",
  { optional: { version: enumeration(["V1", "V2"]) } },
  (given) => given.version ?? "V1",
);

const retryBudget = message(
  "RetryBudget",
  { optional: { percent: number(0, 100), minRetryConcurrency: uint32, budgetInterval: durationMs } },
  (given): RetryBudget =>
    defined({
      percent: given.percent ?? 20,
      // Protobuf's 0 is "not set".
      minRetryConcurrency: given.minRetryConcurrency === 0 ? 3 : (given.minRetryConcurrency ?? 3),
      budgetIntervalMs: given.budgetInterval,
    }),
);

/** Istio: TrafficPolicy. */
export const trafficPolicy: Decoder<TrafficPolicy> = message(
  "TrafficPolicy",
  { optional: { ...blocks, portLevelSettings: list(portLevelSetting), tunnel, proxyProtocol, retryBudget } },
  (given, place): TrafficPolicy | undefined => {
    if (given.tunnel !== undefined && given.proxyProtocol !== undefined)
      return refuse(place, "proxyProtocol", "proxyProtocol cannot stand beside tunnel", "keep one of the two");
    const numbers = (given.portLevelSettings ?? []).map((port) => port.number);
    const again = numbers.findIndex((port, index) => numbers.indexOf(port) < index);
    if (again >= 0)
      return refuse(
        place,
        "portLevelSettings",
        `portLevelSettings has the port ${numbers[again]} twice`,
        "merge the two",
      );
    return defined({
      ...blocksOf(given),
      ports: given.portLevelSettings,
      tunnel: given.tunnel,
      proxyProtocol: given.proxyProtocol,
      retryBudget: given.retryBudget,
    });
  },
);

function refuse(place: Place, field: string, text: string, fix: string): undefined {
  const path = `${place.path}.${field}`;
  return reportError(place.context, { offset: place.key(field), path, message: `${place.path}.${text}`, fix });
}
