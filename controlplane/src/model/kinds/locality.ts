import { list, mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, integer, nonEmptyString, uint32 } from "../decode/scalars.ts";
import type { LocalityLoadBalancing, ZoneAwareLoadBalancing } from "../types.ts";

/** `region/zone/sub-zone`; what is left out at the end stands for all. */
export const locality: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  const parts = text.split("/");
  if (parts.length <= 3 && parts[0] !== "" && !text.includes("*")) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is "${text}", which is not a locality`,
    allowed: "region, region/zone, region/zone/subzone",
  });
});

/** The same, where `*` may stand for all that follows. */
const pattern: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  const parts = text.split("/");
  const star = parts.indexOf("*");
  const good = parts.length <= 3 && parts.every((part) => part === "*" || (part !== "" && !part.includes("*")));
  if (good && (star < 0 || star === parts.length - 1)) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path}: "${text}" is not a locality`,
    allowed: "region, region/zone, region/zone/subzone, and * as the last part",
  });
});

const region: Decoder<string> = refine(nonEmptyString, (text, value, path, context) =>
  /[*/]/.test(text)
    ? reportError(context, {
        offset: value.offset,
        path,
        message: `${path} is "${text}", which is not a region`,
        allowed: "a region's name without / and *",
      })
    : text,
);

const distribute = message(
  "Distribute",
  { required: { from: pattern, to: mapOf(integer(1, 100), pattern) }, examples: { to: '{ "us-west/*": 100 }' } },
  (given, place) => {
    const sum = Object.values(given.to).reduce((total, weight) => total + weight, 0);
    if (sum === 100) return given;
    const path = `${place.path}.to`;
    return reportError(place.context, {
      offset: place.key("to"),
      path,
      message: `${path} adds up to ${sum}, and must to 100`,
    });
  },
);

const failover = message("Failover", { required: { from: region, to: region } }, (given, place) => {
  if (given.from !== given.to) return given;
  return reportError(place.context, {
    offset: place.value("to"),
    path: `${place.path}.to`,
    message: `${place.path}.to is ${given.to}, as from is`,
    fix: "name another region",
  });
});

const TOPOLOGY = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

/** Istio: LocalityLoadBalancerSetting. */
export const localityLbSetting = message(
  "LocalityLoadBalancerSetting",
  {
    optional: {
      enabled: boolean,
      distribute: list(distribute),
      failover: list(failover),
      failoverPriority: list(nonEmptyString),
    },
  },
  (given, place): LocalityLoadBalancing | undefined => {
    const spec = {
      enabled: given.enabled ?? true,
      distribute: given.distribute ?? [],
      failover: given.failover ?? [],
      failoverPriority: given.failoverPriority ?? [],
    };
    return check(spec, place) ? spec : undefined;
  },
);

/** Istio: ZoneAwareLoadBalancerSetting. */
export const zoneAwareLbSetting = message(
  "ZoneAwareLoadBalancerSetting",
  {
    optional: {
      enabled: boolean,
      failover: list(failover),
      failoverPriority: list(nonEmptyString),
      minClusterSize: uint32,
    },
  },
  (given): ZoneAwareLoadBalancing =>
    defined({
      enabled: given.enabled ?? false,
      failover: given.failover ?? [],
      failoverPriority: given.failoverPriority ?? [],
      minClusterSize: given.minClusterSize,
    }),
);

function check(
  { distribute: weights, failover: regions, failoverPriority }: LocalityLoadBalancing,
  place: Place,
): boolean {
  const report = (field: string, text: string): boolean => {
    reportError(place.context, {
      offset: place.key(field),
      path: `${place.path}.${field}`,
      message: `${place.path}.${field} ${text}`,
      fix: "keep one of the two",
    });
    return false;
  };
  if (weights.length > 0 && regions.length > 0) return report("failover", "cannot stand beside distribute");
  if (weights.length > 0 && failoverPriority.length > 0)
    return report("failoverPriority", "cannot stand beside distribute");
  const topology = failoverPriority.find((label) => TOPOLOGY.includes(label.split("=")[0] ?? ""));
  if (regions.length > 0 && topology !== undefined)
    return report("failoverPriority", `names ${topology}, which cannot stand beside failover`);
  return true;
}
