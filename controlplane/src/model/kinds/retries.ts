import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message } from "../decode/message.ts";
import { boolean, integer, string } from "../decode/scalars.ts";
import { didYouMean, listAllowed } from "../suggestion.ts";
import type { Retries } from "../types.ts";

/** Envoy's x-envoy-retry-on and x-envoy-retry-grpc-on; HTTP status codes may stand among them. */
const CONDITIONS = [
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "envoy-ratelimited",
  "retriable-4xx",
  "refused-stream",
  "retriable-status-codes",
  "retriable-headers",
  "http3-post-connect-failure",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
];

const retryOn: Decoder<string> = refine(string, (text, value, path, context) => {
  const conditions = text.split(",").map((condition) => condition.trim());
  const bad =
    text === ""
      ? undefined
      : conditions.find((condition) => !CONDITIONS.includes(condition) && !/^[1-5]\d\d$/.test(condition));
  if (bad === undefined) return conditions.join(",");
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} has the unknown condition "${bad}" in ${describe(value)}`,
    allowed: `${listAllowed(CONDITIONS)}, or a status code`,
    fix: didYouMean(bad, CONDITIONS),
  });
});

/** Istio: HTTPRetry. `retries: {}` means 0 attempts, that is no retry at all. */
export const retries = message(
  "HTTPRetry",
  {
    optional: {
      attempts: integer(0, 1000),
      perTryTimeout: durationMs,
      retryOn,
      backoff: durationMs,
      retryRemoteLocalities: boolean,
      retryIgnorePreviousHosts: boolean,
    },
  },
  (given, place): Retries | undefined => {
    const attempts = given.attempts ?? 0;
    if (
      attempts === 0 &&
      (given.perTryTimeout !== undefined || given.backoff !== undefined || (given.retryOn ?? "") !== "")
    ) {
      const path = `${place.path}.attempts`;
      return reportError(place.context, {
        offset: place.value("attempts"),
        path,
        message: `${path} is 0, which turns retries off, but the policy says how to retry`,
        fix: "attempts: 2",
      });
    }
    return defined({
      attempts,
      perTryTimeoutMs: given.perTryTimeout,
      retryOn: given.retryOn === "" ? undefined : given.retryOn,
      backoffMs: given.backoff,
      remoteLocalities: given.retryRemoteLocalities,
      ignorePreviousHosts: given.retryIgnorePreviousHosts,
    });
  },
);
