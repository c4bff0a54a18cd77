import type { Value } from "../../config/index.ts";
import type { Found, Inventory, Item } from "../inventory.ts";

/** Fields that Istio has replaced: by kind, the path (`*` for any index or key), and what to write. */
const FIELDS: readonly (readonly [kind: string, path: string, instead: string])[] = [
  ["VirtualService", "spec.http.*.fault.delay.percent", "fault.delay.percentage: { value: NUMBER }"],
  ["VirtualService", "spec.http.*.mirrorPercent", "mirrorPercentage: { value: NUMBER }"],
  ["VirtualService", "spec.http.*.mirror_percent", "mirrorPercentage: { value: NUMBER }"],
  ["VirtualService", "spec.http.*.corsPolicy.allowOrigin", "allowOrigins: [{ exact: ORIGIN }]"],
  ["DestinationRule", "spec.trafficPolicy.loadBalancer.warmupDurationSecs", "warmup: { duration: 30s }"],
  ["DestinationRule", "spec.subsets.*.trafficPolicy.loadBalancer.warmupDurationSecs", "warmup: { duration: 30s }"],
  [
    "DestinationRule",
    "spec.trafficPolicy.loadBalancer.consistentHash.minimumRingSize",
    "consistentHash: { ringHash: { minimumRingSize: NUMBER } }",
  ],
  ["Gateway", "spec.servers.*.port.targetPort", "nothing: it has no effect"],
  ["EnvoyFilter", "spec.workloadLabels", "workloadSelector: { labels: … }"],
  ["AuthorizationPolicy", "spec.targetRef", "targetRefs: [REFERENCE]"],
  ["RequestAuthentication", "spec.targetRef", "targetRefs: [REFERENCE]"],
];

/** Values that Istio has replaced. */
const VALUES: readonly (readonly [kind: string, path: string, value: string, instead: string])[] = [
  ["DestinationRule", "spec.trafficPolicy.loadBalancer.simple", "LEAST_CONN", "LEAST_REQUEST"],
  ["DestinationRule", "spec.subsets.*.trafficPolicy.loadBalancer.simple", "LEAST_CONN", "LEAST_REQUEST"],
];

export function checkDeprecated(inventory: Inventory): readonly Found[] {
  return [
    ...FIELDS.flatMap(([kind, path, instead]) =>
      inventory.items(kind).flatMap((item) =>
        places(item.value, path.split(".")).map(([field]) => ({
          ...deprecated(item, field, `${field} is deprecated`),
          fix: instead.startsWith("nothing") ? "remove it: it has no effect" : `write ${instead}`,
        })),
      ),
    ),
    ...VALUES.flatMap(([kind, path, value, instead]) =>
      inventory.items(kind).flatMap((item) =>
        places(item.value, path.split("."))
          .filter(([, found]) => found.kind === "scalar" && found.value === value)
          .map(([field]) => ({
            ...deprecated(item, field, `${field}: ${value} is deprecated`),
            fix: `write ${instead}`,
          })),
      ),
    ),
  ];
}

function deprecated({ ref }: Item, field: string, message: string): Found {
  return { code: "IST0002", object: ref, field, message };
}

/** Every place of a path in a value, as a field and what stands there. */
function places(value: Value, [key, ...rest]: readonly string[], field = ""): (readonly [string, Value])[] {
  if (key === undefined) return [[field, value]];
  if (key === "*")
    return value.kind === "list" ? value.items.flatMap((item, index) => places(item, rest, `${field}[${index}]`)) : [];
  const entry = value.kind === "map" ? value.entries.find((one) => one.key === key) : undefined;
  return entry === undefined ? [] : places(entry.value, rest, field === "" ? key : `${field}.${key}`);
}
