import { describe } from "../../config/value.ts";
import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { string } from "../decode/scalars.ts";
import type {
  ConnectionPool,
  DefaultProviders,
  ExportDefaults,
  MeshConfig,
  TcpKeepalive,
  TrafficDefaults,
} from "../types.ts";
import { connectionPool } from "./connection-pool.ts";
import { outlierDetection } from "./outlier-detection.ts";

/** Istio: MeshConfig.defaultTrafficPolicy. */
export const defaultTrafficPolicy = message(
  "DefaultTrafficPolicy",
  { optional: { connectionPool, outlierDetection } },
  (given) => given,
);

/** Istio: MeshConfig.DefaultProviders. Metrics are Prometheus' whatever is named. */
export const defaultProviders = message(
  "DefaultProviders",
  { optional: { accessLogging: list(string), tracing: list(string), metrics: list(string) } },
  (given): DefaultProviders => ({ accessLogging: given.accessLogging ?? [], tracing: given.tracing ?? [] }),
);

/** `.` for every object's own namespace, `*`, `~` for nobody, or names. */
export const exportDefault: Decoder<readonly string[]> = list(
  refine(string, (text, value, path, context) =>
    /^([.*~]|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/.test(text)
      ? text
      : reportError(context, {
          offset: value.offset,
          path,
          message: `${path}: ${describe(value)} is not a namespace`,
          allowed: '"*", ".", "~", or the name of a namespace',
        }),
  ),
);

interface Written {
  readonly connectTimeout?: number | undefined;
  readonly tcpKeepalive?: TcpKeepalive | undefined;
  readonly h2UpgradePolicy?: "DO_NOT_UPGRADE" | "UPGRADE" | undefined;
  readonly defaultTrafficPolicy?: { readonly [K in keyof TrafficDefaults]: TrafficDefaults[K] | undefined } | undefined;
}

/** All that the fields of a MeshConfig say about connections, where a block of defaultTrafficPolicy says more. */
export function trafficDefaults(given: Written): TrafficDefaults | undefined {
  const pool: ConnectionPool = defined({
    connectTimeoutMs: given.connectTimeout,
    tcpKeepalive: given.tcpKeepalive,
    httpVersion: given.h2UpgradePolicy === "UPGRADE" ? ("upgrade" as const) : undefined,
    ...given.defaultTrafficPolicy?.connectionPool,
  });
  const outliers = given.defaultTrafficPolicy?.outlierDetection;
  const hasPool = Object.keys(pool).length > 0;
  if (!hasPool && outliers === undefined) return undefined;
  return defined({ connectionPool: hasPool ? pool : undefined, outlierDetection: outliers });
}

/** What the objects that do not say it are exported to; an empty list is Istio's default, all. */
export function exportDefaults(given: {
  readonly defaultServiceExportTo?: readonly string[] | undefined;
  readonly defaultVirtualServiceExportTo?: readonly string[] | undefined;
  readonly defaultDestinationRuleExportTo?: readonly string[] | undefined;
}): ExportDefaults | undefined {
  const found = defined({
    services: unlessAll(given.defaultServiceExportTo),
    virtualServices: unlessAll(given.defaultVirtualServiceExportTo),
    destinationRules: unlessAll(given.defaultDestinationRuleExportTo),
  });
  return Object.keys(found).length > 0 ? found : undefined;
}

function unlessAll(names: readonly string[] | undefined): readonly string[] | undefined {
  return names === undefined || names.length === 0 || names.includes("*") ? undefined : names;
}

/** Patterns by which Envoy's own metrics of clusters are named. */
export function statNames(given: {
  readonly inboundClusterStatName?: string | undefined;
  readonly outboundClusterStatName?: string | undefined;
}): MeshConfig["statNames"] | undefined {
  const found = defined({
    inbound: orUnset(given.inboundClusterStatName),
    outbound: orUnset(given.outboundClusterStatName),
  });
  return Object.keys(found).length > 0 ? found : undefined;
}

function orUnset(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
