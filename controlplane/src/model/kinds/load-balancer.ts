import { reportError, reportWarning } from "../decode/context.ts";
import { durationMs } from "../decode/duration.ts";
import { enumeration, number } from "../decode/scalars.ts";
import { defined, message, type Place } from "../decode/message.ts";
import type { LoadBalancer, Warmup } from "../types.ts";
import { consistentHash } from "./consistent-hash.ts";
import { localityLbSetting, zoneAwareLbSetting } from "./locality.ts";

const warmup = message(
  "WarmupConfiguration",
  {
    required: { duration: durationMs },
    optional: { minimumPercent: number(0, 100), aggression: number(1, 1000) },
    examples: { duration: "60s" },
  },
  (given): Warmup => ({
    durationMs: given.duration,
    minimumPercent: given.minimumPercent ?? 10,
    aggression: given.aggression ?? 1,
  }),
);

const simple = enumeration(["UNSPECIFIED", "LEAST_REQUEST", "LEAST_CONN", "ROUND_ROBIN", "RANDOM", "PASSTHROUGH"]);

/** Istio: LoadBalancerSettings. */
export const loadBalancer = message(
  "LoadBalancerSettings",
  {
    optional: {
      simple,
      consistentHash,
      localityLbSetting,
      zoneAwareLbSetting,
      warmup,
      warmupDurationSecs: durationMs,
    },
  },
  (given, place): LoadBalancer | undefined => {
    if (given.simple !== undefined && given.consistentHash !== undefined) {
      return reportError(place.context, {
        offset: place.key("simple"),
        path: place.path,
        message: `${place.path} has both simple and consistentHash`,
        fix: "keep one of the two",
      });
    }
    if (given.localityLbSetting !== undefined && given.zoneAwareLbSetting !== undefined) {
      return reportError(place.context, {
        offset: place.key("zoneAwareLbSetting"),
        path: `${place.path}.zoneAwareLbSetting`,
        message: `${place.path}.zoneAwareLbSetting cannot stand beside localityLbSetting`,
        fix: "keep one of the two",
      });
    }
    if (given.zoneAwareLbSetting?.enabled === true) tellOfZones(place);
    const old = given.warmupDurationSecs;
    const warm =
      given.warmup ?? (old === undefined ? undefined : { durationMs: old, minimumPercent: 10, aggression: 1 });
    const extras = defined({ locality: given.localityLbSetting, zoneAware: given.zoneAwareLbSetting, warmup: warm });
    if (warm !== undefined && (given.consistentHash !== undefined || !hasWarmup(given.simple))) noWarmup(place);
    if (given.consistentHash !== undefined) return { ...given.consistentHash, ...extras };
    const { simple: name = "UNSPECIFIED" } = given;
    return { simple: name === "UNSPECIFIED" || name === "LEAST_CONN" ? "LEAST_REQUEST" : name, ...extras };
  },
);

/** Istio needs ISTIO_META_ENABLE_SELF_DISCOVERY for more, which makes an Envoy know how many of its kind each zone has. */
function tellOfZones(place: Place): void {
  const path = `${place.path}.zoneAwareLbSetting`;
  reportWarning(place.context, {
    offset: place.key("zoneAwareLbSetting"),
    path,
    code: "SLU0003",
    message: `${path} keeps clients to their region, in which all zones are alike to them: Envoys do not know the cluster that they are of themselves`,
    fix: "write localityLbSetting to prefer the own zone",
  });
}

function hasWarmup(name: string | undefined): boolean {
  return name !== "RANDOM" && name !== "PASSTHROUGH";
}

function noWarmup(place: Place): void {
  const path = `${place.path}.warmup`;
  reportWarning(place.context, {
    offset: place.key("warmup"),
    path,
    code: "IST0133",
    message: `${path} has no effect with this load balancer`,
    allowed: "simple: LEAST_REQUEST, simple: ROUND_ROBIN",
  });
}
