import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { didYouMean } from "../suggestion.ts";

/** Names of gRPC's status codes, each at the index that is its number. */
const NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** A gRPC status by name, as its number. */
export const grpcStatus: Decoder<number> = (value, path, context) => {
  const written = value.kind === "scalar" ? value.source : "";
  const code = NAMES.indexOf(written);
  if (code >= 0) return code;
  const numbered = /^\d+$/.test(written) ? NAMES[Number(written)] : undefined;
  const fix = numbered === undefined ? didYouMean(written, NAMES) : `write ${numbered}`;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} must be the name of a gRPC status, not ${describe(value)}`,
    allowed: NAMES.join(", "),
    fix,
  });
};
