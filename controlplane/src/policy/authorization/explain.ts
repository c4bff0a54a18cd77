import type { AuthorizationPolicy } from "../../model/types.ts";
import { asRead } from "./as-read.ts";
import type { Reading } from "./as-read.ts";
import { evaluate, evaluateRules } from "./reference.ts";
import type { Decision, RuleResult, RulesOf } from "./reference.ts";
import type { AuthorizationRequest } from "./request.ts";

/** What the policies of a workload make of a request, and why. */
export interface Explanation {
  readonly decision: Decision;
  /** The decision in a sentence. */
  readonly summary: string;
  /** What a policy on trial would have made of it, where there is one: as `decision`. */
  readonly dryRun?: Decision;
  /** AUDIT rules that match. */
  readonly audited: readonly string[];
  /** Every rule in the order of its identity, with the field that keeps it from matching. */
  readonly rules: readonly RuleResult[];
}

/** Explains the decision about a request by the policies that apply to its workload. Pure; asks no proxy. */
export function explainAuthorization(
  policies: readonly AuthorizationPolicy[],
  request: AuthorizationRequest,
  reading: Reading = {},
): Explanation {
  const rulesOf: RulesOf = (policy) => asRead(policy, reading);
  const rules = evaluateRules(policies, request, rulesOf);
  const decision = evaluate(policies, request, rulesOf);
  const trial = policies.filter(({ dryRun }) => dryRun === true);
  return {
    decision,
    summary: summarize(policies, decision),
    ...(trial.length === 0
      ? {}
      : {
          dryRun: evaluate(
            trial.map((policy) => ({ ...policy, dryRun: false })),
            request,
            rulesOf,
          ),
        }),
    audited: rules
      .filter(({ policy, mismatch }) => policy.action === "AUDIT" && mismatch === undefined)
      .map(({ identity }) => identity),
    rules,
  };
}

function summarize(policies: readonly AuthorizationPolicy[], decision: Decision): string {
  if (decision.allowed)
    return decision.by === undefined
      ? "allowed: no rule denies it, and there is no ALLOW policy"
      : `allowed by ${decision.by}`;
  if (decision.deniedBy !== "none") return `denied by ${decision.deniedBy}`;
  const names = policies
    .filter(({ action, dryRun }) => action === "ALLOW" && dryRun !== true)
    .map(({ ref }) => `${ref.namespace}/${ref.name}`);
  return `denied: no rule of the ALLOW policies matches (${names.join(", ")})`;
}
