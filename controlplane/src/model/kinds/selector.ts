import { message } from "../decode/message.ts";
import { labels } from "../decode/names.ts";

/** Istio: type.v1beta1.WorkloadSelector. Empty means every workload in scope. */
export const workloadSelector = message(
  "WorkloadSelector",
  { optional: { matchLabels: labels }, inside: { "*": "matchLabels" } },
  (given) => given.matchLabels ?? {},
);
