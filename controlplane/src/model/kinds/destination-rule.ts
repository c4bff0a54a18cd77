import { list } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { fullHost, hostPattern, label, labels } from "../decode/names.ts";
import { NOT_WRITTEN, visibility } from "../decode/visibility.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { DestinationRule, Subset, TrafficPolicy } from "../types.ts";
import { trafficPolicy } from "./traffic-policy.ts";

type DestinationRuleSpec = Omit<DestinationRule, "ref" | "labels">;

const subset = message("Subset", { required: { name: label }, optional: { labels, trafficPolicy } }, (given): Subset =>
  defined({ name: given.name, labels: given.labels ?? {}, trafficPolicy: given.trafficPolicy }),
);

const workloadSelector = message(
  "WorkloadSelector",
  { required: { matchLabels: labels }, inside: { "*": "matchLabels" } },
  (given) => given.matchLabels,
);

export const destinationRuleSpec = message(
  "DestinationRule",
  {
    required: { host: hostPattern },
    examples: { host: "NAME" },
    optional: { trafficPolicy, subsets: list(subset), exportTo: visibility, workloadSelector },
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
    const others = (given.exportTo ?? []).some((namespace) => namespace !== place.context.ref.namespace);
    if (given.workloadSelector !== undefined && others) {
      const path = `${place.path}.exportTo`;
      return reportError(place.context, {
        offset: place.key("exportTo"),
        path,
        message: `${path} names other namespaces, which cannot see a rule with a workloadSelector`,
        allowed: '"."',
      });
    }
    if (given.workloadSelector === undefined)
      warnOfSecrets([given.trafficPolicy, ...subsets.map((one) => one.trafficPolicy)], place);
    return defined({
      host: fullHost(given.host, place.context.ref.namespace),
      trafficPolicy: given.trafficPolicy,
      subsets,
      workloadSelector: given.workloadSelector,
      exportTo: given.exportTo ?? NOT_WRITTEN,
    });
  },
);

/** Istio: only a rule for chosen workloads gives sidecars secrets by name; without it they do without TLS. */
function warnOfSecrets(policies: readonly (TrafficPolicy | undefined)[], place: Place): void {
  const blocks = policies.flatMap((policy) => [policy, ...(policy?.ports ?? [])]);
  if (blocks.every((block) => block?.tls?.credentialName === undefined)) return;
  reportWarning(place.context, {
    offset: place.offset,
    path: place.path,
    code: "IST0133",
    message: `${place.path} names a Secret in tls.credentialName without a workloadSelector: gateways use it, and sidecars connect without TLS`,
    fix: "add workloadSelector: { matchLabels: { app: NAME } }",
  });
}

export function buildDestinationRule(meta: ObjectMeta, spec: DestinationRuleSpec): DestinationRule {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
