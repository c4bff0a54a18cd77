import { nonEmptyList } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, integer, nonEmptyString, string } from "../decode/scalars.ts";
import type { FaultInjectionAbort, FaultStatus } from "../fault-injection.ts";
import { grpcStatus as grpcCode } from "./grpc-status.ts";
import { oneOf } from "./one-of.ts";
import { percentage } from "./percentage.ts";

const MAX_BODY = 4096;

function yes(status: FaultStatus): Decoder<FaultStatus> {
  return refine(boolean, (given, value, path, context) =>
    given
      ? status
      : reportError(context, { offset: value.offset, path, message: `${path} can only be true`, fix: "leave it out" }),
  );
}

const kinds = {
  httpStatus: refine(integer(200, 599), (httpStatus): FaultStatus => ({ httpStatus })),
  grpcStatus: refine(grpcCode, (grpcStatus): FaultStatus => ({ grpcStatus })),
  reset: yes({ reset: true }),
};

const mix: Decoder<FaultInjectionAbort["statuses"]> = nonEmptyList(
  message(
    "FaultInjectionStatus",
    { required: { weight: integer(1, 1_000_000) }, optional: kinds, examples: { weight: "1" } },
    ({ weight, ...given }, place) => {
      const status = oneOf(given, place, "httpStatus: 503");
      return status && { weight, status };
    },
  ),
);

const body: Decoder<string> = refine(string, (text, value, path, context) => {
  if (Buffer.byteLength(text) <= MAX_BODY) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} has ${Buffer.byteLength(text)} bytes`,
    allowed: `at most ${MAX_BODY}, since it travels with the route`,
  });
});

/** How often requests end here, and in which way. */
export const injectedAbort = message(
  "FaultInjectionAbort",
  {
    required: { percentage },
    optional: { ...kinds, mix, body, contentType: nonEmptyString },
    examples: { percentage: "{ value: 10 }" },
  },
  ({ percentage: perMillion, mix: several, body: text, contentType, ...given }, place) => {
    const statuses = several ?? statusesOf(given, text, place);
    if (statuses === undefined) return undefined;
    if (several !== undefined && Object.values(given).some((one) => one !== undefined)) {
      return reportError(place.context, {
        offset: place.key("mix"),
        path: `${place.path}.mix`,
        message: `${place.path} has a mix and a status beside it`,
        fix: "put the status into the mix",
      });
    }
    return defined({ perMillion, statuses, body: text, contentType }) satisfies FaultInjectionAbort;
  },
);

type Given = Readonly<Record<keyof typeof kinds, FaultStatus | undefined>>;

// A body alone keeps the upstream's status; whether there is an upstream yet is for the phase to say.
function statusesOf(given: Given, text: string | undefined, place: Place): FaultInjectionAbort["statuses"] | undefined {
  const isBodyAlone = text !== undefined && Object.values(given).every((one) => one === undefined);
  const status: FaultStatus | undefined = isBodyAlone ? { keep: true } : oneOf(given, place, "httpStatus: 503");
  return status && [{ weight: 1, status }];
}
