import { describe } from "../../config/value.ts";
import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { boolean, enumeration, string } from "../decode/scalars.ts";
import type { CorsPolicy } from "../types.ts";
import { stringMatch } from "./string-match.ts";

/** Istio: ValidateHTTPMethod, by what RFC 9110 lets a method be; `*` stands for all. */
const method: Decoder<string> = refine(string, (text, value, path, context) =>
  /^(\*|[A-Za-z]+)$/.test(text)
    ? text
    : reportError(context, {
        offset: value.offset,
        path,
        message: `${path}: ${describe(value)} is not an HTTP method`,
        allowed: "GET, POST and the like",
      }),
);

const nameOrStar: Decoder<string> = (value, path, context) =>
  value.kind === "scalar" && value.source === "*" ? "*" : headerName(false)(value, path, context);

/** Istio: CorsPolicy. The deprecated `allowOrigin` is a list of exact origins, `*` among them for any. */
export const corsPolicy = message(
  "CorsPolicy",
  {
    optional: {
      allowOrigins: list(stringMatch),
      allowOrigin: list(string),
      allowMethods: list(method),
      allowHeaders: list(nameOrStar),
      exposeHeaders: list(nameOrStar),
      maxAge: durationMs,
      allowCredentials: boolean,
      unmatchedPreflights: enumeration(["UNSPECIFIED", "FORWARD", "IGNORE"]),
    },
  },
  (given, place): CorsPolicy | undefined => {
    if (given.maxAge !== undefined && given.maxAge % 1000 !== 0) {
      const path = `${place.path}.maxAge`;
      return reportError(place.context, {
        offset: place.value("maxAge"),
        path,
        message: `${path} must be a whole number of seconds, as the header has no smaller unit`,
      });
    }
    return defined({
      // Istio: the new field, where there is one, hides the old.
      allowOrigins: given.allowOrigins ?? (given.allowOrigin ?? []).map((exact) => ({ exact })),
      allowMethods: given.allowMethods ?? [],
      allowHeaders: given.allowHeaders ?? [],
      exposeHeaders: given.exposeHeaders ?? [],
      maxAgeMs: given.maxAge,
      allowCredentials: given.allowCredentials,
      forwardUnmatchedPreflights: given.unmatchedPreflights !== "IGNORE",
    });
  },
);
