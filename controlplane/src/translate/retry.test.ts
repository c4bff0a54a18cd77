import { expect, test } from "vitest";
import { RetryPolicySchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Retries } from "../model/types.ts";
import { asJson } from "./json-fixture.ts";
import { retryPolicy } from "./retry.ts";

const defaultRetryOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
const elsewhere = {
  retry_host_predicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
      },
    },
  ],
  host_selection_retry_max_attempts: "5",
};

const cases: Record<string, [Retries | undefined, boolean, object | undefined]> = {
  "Istio's default": [undefined, false, { retry_on: defaultRetryOn, num_retries: 2, ...elsewhere }],
  "a hashing cluster keeps its host": [undefined, true, { retry_on: defaultRetryOn, num_retries: 2 }],
  "no attempts, no retries": [{ attempts: 0 }, false, undefined],
  "attempts alone take the default conditions": [
    { attempts: 5 },
    false,
    { retry_on: defaultRetryOn, num_retries: 5, ...elsewhere },
  ],
  "status codes among the conditions": [
    { attempts: 1, retryOn: "503, gateway-error ,429" },
    false,
    {
      retry_on: "gateway-error,retriable-status-codes",
      retriable_status_codes: [503, 429],
      num_retries: 1,
      ...elsewhere,
    },
  ],
  "the same host again": [
    { attempts: 1, ignorePreviousHosts: false },
    false,
    { retry_on: defaultRetryOn, num_retries: 1 },
  ],
  "another host, though the cluster hashes": [
    { attempts: 1, ignorePreviousHosts: true },
    true,
    { retry_on: defaultRetryOn, num_retries: 1, ...elsewhere },
  ],
  "other localities": [
    { attempts: 1, remoteLocalities: true },
    true,
    {
      retry_on: defaultRetryOn,
      num_retries: 1,
      retry_priority: {
        name: "envoy.retry_priorities.previous_priorities",
        typed_config: {
          "@type":
            "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
          update_frequency: 2,
        },
      },
    },
  ],
  times: [
    { attempts: 1, retryOn: "reset", perTryTimeoutMs: 2500, backoffMs: 10 },
    false,
    {
      retry_on: "reset",
      num_retries: 1,
      per_try_timeout: "2.500s",
      retry_back_off: { base_interval: "0.010s" },
      ...elsewhere,
    },
  ],
};

test.each(Object.entries(cases))("%s", (_, [retries, hashed, expected]) => {
  const policy = retryPolicy(retries, hashed);
  expect(policy && asJson(RetryPolicySchema, policy)).toEqual(expected);
});
