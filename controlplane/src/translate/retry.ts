import { RetryPolicySchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { RetryPolicy } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { PreviousHostsPredicateSchema } from "../../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js";
import { PreviousPrioritiesConfigSchema } from "../../gen/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config_pb.js";
import type { Retries } from "../model/types.ts";
import { create } from "./create.ts";
import { duration, pack } from "./protobuf.ts";

/** Istio's default `retryOn`: what is safe to send again, because no program has worked on it. */
const defaultRetryOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
const defaultAttempts = 2;

const previousHosts = {
  hostSelectionRetryMaxAttempts: 5n,
  retryHostPredicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      configType: {
        case: "typedConfig" as const,
        value: pack(PreviousHostsPredicateSchema, create(PreviousHostsPredicateSchema)),
      },
    },
  ],
};

const previousPriorities = {
  name: "envoy.retry_priorities.previous_priorities",
  configType: {
    case: "typedConfig" as const,
    value: pack(
      PreviousPrioritiesConfigSchema,
      // Istio: a second attempt in the same locality before the next one is tried.
      create(PreviousPrioritiesConfigSchema, { updateFrequency: 2 }),
    ),
  },
};

const defaults = {
  spread: build({ attempts: defaultAttempts }, false),
  hashed: build({ attempts: defaultAttempts }, true),
};

/**
 * Envoy's retry policy for a route; without `retries` it is Istio's default, with no attempts there is none.
 * A route whose cluster hashes sends the retry to the same host again, so it does not look for another.
 */
export function retryPolicy(retries: Retries | undefined, hashed: boolean): RetryPolicy | undefined {
  if (retries === undefined) {
    return hashed ? defaults.hashed : defaults.spread;
  }
  return retries.attempts > 0 ? build(retries, hashed) : undefined;
}

/**
 * From a sidecar to its own program: an idle connection that the program closes just as a request goes out fails
 * before any byte of the request has left, and that request can go again.
 */
export const inboundRetryPolicy: RetryPolicy = create(RetryPolicySchema, {
  retryOn: "reset-before-request",
  numRetries: 2,
});

function build(retries: Retries, hashed: boolean): RetryPolicy {
  const { perTryTimeoutMs, backoffMs, remoteLocalities = false, ignorePreviousHosts = !hashed } = retries;
  return create(RetryPolicySchema, {
    ...parseRetryOn(retries.retryOn ?? ""),
    numRetries: retries.attempts,
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeout: duration(perTryTimeoutMs) }),
    ...(backoffMs === undefined ? {} : { retryBackOff: { baseInterval: duration(backoffMs) } }),
    ...(ignorePreviousHosts ? previousHosts : {}),
    ...(remoteLocalities ? { retryPriority: previousPriorities } : {}),
  });
}

// Istio lets status codes stand among the conditions; Envoy has a list of their own for them.
function parseRetryOn(text: string): { retryOn: string; retriableStatusCodes: number[] } {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const codes = parts.filter((part) => /^\d+$/.test(part)).map(Number);
  const conditions = parts.filter((part) => !/^\d+$/.test(part));
  if (codes.length > 0 && !conditions.includes("retriable-status-codes")) {
    conditions.push("retriable-status-codes");
  }
  return { retryOn: conditions.length > 0 ? conditions.join(",") : defaultRetryOn, retriableStatusCodes: codes };
}
