import { list } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message } from "../decode/message.ts";
import { boolean, count, integer, uint32 } from "../decode/scalars.ts";
import type { OutlierDetection } from "../types.ts";

/** Istio: OutlierDetection. */
export const outlierDetection = message(
  "OutlierDetection",
  {
    optional: {
      consecutiveErrors: count,
      consecutive5xxErrors: uint32,
      consecutiveGatewayErrors: uint32,
      splitExternalLocalOriginErrors: boolean,
      consecutiveLocalOriginFailures: uint32,
      interval: durationMs,
      baseEjectionTime: durationMs,
      maxEjectionPercent: integer(0, 100),
      minHealthPercent: integer(0, 100),
      outlierDetectionHttpErrorCodes: list(integer(100, 599)),
    },
  },
  (given, place): OutlierDetection | undefined => {
    if (given.consecutiveErrors !== undefined) {
      const path = `${place.path}.consecutiveErrors`;
      reportWarning(place.context, {
        offset: place.key("consecutiveErrors"),
        path,
        code: "IST0002",
        message: `${path} is deprecated and has no effect`,
        fix: "write consecutive5xxErrors",
      });
    }
    const { consecutiveLocalOriginFailures, splitExternalLocalOriginErrors } = given;
    if (consecutiveLocalOriginFailures !== undefined && splitExternalLocalOriginErrors !== true) {
      const path = `${place.path}.consecutiveLocalOriginFailures`;
      return reportError(place.context, {
        offset: place.key("consecutiveLocalOriginFailures"),
        path,
        message: `${path} has no effect, as local failures are not counted apart`,
        fix: "add splitExternalLocalOriginErrors: true",
      });
    }
    return defined({
      consecutive5xxErrors: given.consecutive5xxErrors,
      consecutiveGatewayErrors: given.consecutiveGatewayErrors,
      consecutiveLocalOriginFailures: orUnset(consecutiveLocalOriginFailures),
      splitExternalLocalOriginErrors,
      intervalMs: given.interval,
      baseEjectionTimeMs: given.baseEjectionTime,
      // Protobuf's 0 is "not set".
      maxEjectionPercent: orUnset(given.maxEjectionPercent),
      minHealthPercent: given.minHealthPercent,
      httpErrorCodes: nonEmpty(given.outlierDetectionHttpErrorCodes),
    });
  },
);

function orUnset(number: number | undefined): number | undefined {
  return number === 0 ? undefined : number;
}

function nonEmpty(codes: readonly number[] | undefined): readonly number[] | undefined {
  return codes === undefined || codes.length === 0 ? undefined : [...new Set(codes)];
}
