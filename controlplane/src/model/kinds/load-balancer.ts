import { reportError, reportWarning } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { enumeration, number } from "../decode/scalars.ts";
import { defined, message, type Place } from "../decode/message.ts";
import type { LoadBalancer, Warmup } from "../types.ts";
import { consistentHash } from "./consistent-hash.ts";
import { localityLbSetting } from "./locality.ts";

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

/**
 * PASSTHROUGH means the address that the client had connected to before its traffic was caught. Here programs speak
 * to their sidecar as to a proxy, by name: there is no such address.
 */
const simple: Decoder<"UNSPECIFIED" | "LEAST_REQUEST" | "LEAST_CONN" | "ROUND_ROBIN" | "RANDOM"> = (
  value,
  path,
  context,
) => {
  if (value.kind === "scalar" && value.source === "PASSTHROUGH")
    return reportError(context, {
      offset: value.offset,
      path,
      code: "SLU0004",
      message: `${path}: PASSTHROUGH needs the address that a client has connected to, and clients here name a host instead`,
      allowed: "LEAST_REQUEST, ROUND_ROBIN, RANDOM",
    });
  return simpleByName(value, path, context);
};
const simpleByName = enumeration(["UNSPECIFIED", "LEAST_REQUEST", "LEAST_CONN", "ROUND_ROBIN", "RANDOM"]);

/** Istio: LoadBalancerSettings. */
export const loadBalancer = message(
  "LoadBalancerSettings",
  {
    optional: { simple, consistentHash, localityLbSetting, warmup, warmupDurationSecs: durationMs },
    later: ["zoneAwareLbSetting"],
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
    const old = given.warmupDurationSecs;
    const warm =
      given.warmup ?? (old === undefined ? undefined : { durationMs: old, minimumPercent: 10, aggression: 1 });
    const extras = defined({ locality: given.localityLbSetting, warmup: warm });
    if (warm !== undefined && (given.consistentHash !== undefined || given.simple === "RANDOM")) noWarmup(place);
    if (given.consistentHash !== undefined) return { ...given.consistentHash, ...extras };
    const { simple: name } = given;
    return { simple: name === "ROUND_ROBIN" || name === "RANDOM" ? name : "LEAST_REQUEST", ...extras };
  },
);

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
