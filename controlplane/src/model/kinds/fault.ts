import { reportError, reportWarning } from "../decode/context.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { integer } from "../decode/scalars.ts";
import type { Fault } from "../types.ts";
import { grpcStatus } from "./grpc-status.ts";
import { percentage, wholePercent } from "./percentage.ts";

const delay = message(
  "Delay",
  {
    required: { fixedDelay: durationMs },
    optional: { percentage, percent: wholePercent },
    later: ["exponentialDelay"],
    examples: { fixedDelay: "5s" },
  },
  (given, place): NonNullable<Fault["delay"]> => ({
    perMillion: share(given.percentage ?? given.percent, place),
    fixedDelayMs: given.fixedDelay,
  }),
);

const abort = message(
  "Abort",
  { optional: { httpStatus: integer(200, 599), grpcStatus, percentage }, later: ["http2Error"] },
  (given, place): Fault["abort"] => {
    const { httpStatus } = given;
    const report = { path: place.path, allowed: "httpStatus, grpcStatus" };
    if (httpStatus === undefined && given.grpcStatus === undefined) {
      return reportError(place.context, {
        ...report,
        offset: place.offset,
        message: `${place.path} must have a status`,
        fix: "add httpStatus: 503",
      });
    }
    if (httpStatus !== undefined && given.grpcStatus !== undefined) {
      return reportError(place.context, {
        ...report,
        offset: place.key("grpcStatus"),
        message: `${place.path} has both httpStatus and grpcStatus`,
        fix: "keep one of the two",
      });
    }
    return defined({ perMillion: share(given.percentage, place), httpStatus, grpcStatus: given.grpcStatus });
  },
);

/** A fault without a percentage never happens (Envoy's default is 0), which is hardly ever what was meant. */
function share(perMillion: number | undefined, place: Place): number {
  if (perMillion !== undefined) return perMillion;
  const path = `${place.path}.percentage`;
  reportWarning(place.context, {
    offset: place.offset,
    path,
    code: "IST0133",
    message: `${path} is not given, so the fault applies to 0% of requests`,
    fix: "add percentage: { value: 100 }",
  });
  return 0;
}

/** Istio: HTTPFaultInjection. */
export const fault = message(
  "HTTPFaultInjection",
  { optional: { delay, abort } },
  (given, place): Fault | undefined => {
    if (given.delay !== undefined || given.abort !== undefined)
      return defined({ delay: given.delay, abort: given.abort });
    return reportError(place.context, {
      offset: place.offset,
      path: place.path,
      message: `${place.path} must have a delay or an abort`,
      allowed: "delay, abort",
    });
  },
);
