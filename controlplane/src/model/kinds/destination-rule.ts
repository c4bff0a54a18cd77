import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { defined, message } from "../decode/message.ts";
import { exportTo, fullHost, hostPattern, label, labels } from "../decode/names.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { DestinationRule, Subset } from "../types.ts";
import { trafficPolicy } from "./traffic-policy.ts";

type DestinationRuleSpec = Omit<DestinationRule, "ref" | "labels">;

const subset = message("Subset", { required: { name: label }, optional: { labels, trafficPolicy } }, (given): Subset =>
  defined({ name: given.name, labels: given.labels ?? {}, trafficPolicy: given.trafficPolicy }),
);

export const destinationRuleSpec = message(
  "DestinationRule",
  {
    required: { host: hostPattern },
    examples: { host: "NAME" },
    optional: { trafficPolicy, subsets: list(subset), exportTo: list(exportTo) },
    later: ["workloadSelector"],
  },
  (given, place): DestinationRuleSpec | undefined => {
    const subsets = given.subsets ?? [];
    const names = subsets.map((one) => one.name);
    const again = names.findIndex((name, index) => names.indexOf(name) < index);
    if (again >= 0) {
      const path = `${place.path}.subsets[${again}].name`;
      return reportError(place.context, {
        offset: place.value("subsets", again, "name"),
        path,
        message: `${path} repeats the subset "${names[again]}"`,
        fix: "give it another name, or remove it",
      });
    }
    return defined({
      host: fullHost(given.host, place.context.ref.namespace),
      trafficPolicy: given.trafficPolicy,
      subsets,
    });
  },
);

export function buildDestinationRule(meta: ObjectMeta, spec: DestinationRuleSpec): DestinationRule {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
