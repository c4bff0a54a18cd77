import { describe } from "../../config/value.ts";
import { list } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { boolean, nonEmptyString, string } from "../decode/scalars.ts";
import type { TokenRule } from "../authentication-types.ts";
import { jsonWebKeys } from "./json-web-keys.ts";

/** Istio: time for fetching keys. */
const FETCH_TIMEOUT_MS = 5000;

const httpUri: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  const url = URL.parse(text);
  if (url && ["http:", "https:"].includes(url.protocol) && url.username === "") return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is no URL of a key set`,
    allowed: "http://HOST[:PORT]/PATH, https://HOST[:PORT]/PATH",
    fix: /^[\w.-]+(:\d+)?(\/|$)/.test(text) ? `write https://${text}` : undefined,
  });
});

const fromHeader = message(
  "JWTHeader",
  { required: { name: headerName(false) }, optional: { prefix: string } },
  ({ name, prefix = "" }) => ({ name, prefix }),
);

const claimToHeader = message(
  "ClaimToHeader",
  { required: { header: headerName(false), claim: nonEmptyString } },
  (given) => given,
);

/** Istio: JWTRule. */
export const tokenRule: Decoder<TokenRule> = message(
  "JWTRule",
  {
    required: { issuer: nonEmptyString },
    optional: {
      audiences: list(nonEmptyString),
      jwksUri: httpUri,
      jwks: jsonWebKeys,
      fromHeaders: list(fromHeader),
      fromParams: list(nonEmptyString),
      fromCookies: list(nonEmptyString),
      outputPayloadToHeader: headerName(false),
      outputClaimToHeaders: list(claimToHeader),
      forwardOriginalToken: boolean,
      timeout: durationMs,
      spaceDelimitedClaims: list(nonEmptyString),
    },
    examples: { issuer: "https://ISSUER" },
  },
  (given, place) => {
    const keys = keysOf(given, place);
    if (keys === undefined) return undefined;
    const { audiences = [], fromHeaders = [], fromParams = [], fromCookies = [] } = given;
    return defined({
      issuer: given.issuer,
      audiences,
      keys,
      fromHeaders,
      fromParams,
      fromCookies,
      forwardOriginalToken: given.forwardOriginalToken ?? false,
      outputPayloadToHeader: given.outputPayloadToHeader,
      outputClaimToHeaders: given.outputClaimToHeaders ?? [],
      timeoutMs: given.timeout ?? FETCH_TIMEOUT_MS,
      spaceDelimitedClaims: given.spaceDelimitedClaims ?? [],
    });
  },
);

interface WrittenKeys {
  readonly issuer: string;
  readonly jwks: string | undefined;
  readonly jwksUri: string | undefined;
}

function keysOf({ issuer, jwks, jwksUri }: WrittenKeys, place: Place): TokenRule["keys"] | undefined {
  if (jwks !== undefined) {
    if (jwksUri !== undefined)
      reportWarning(place.context, {
        offset: place.key("jwksUri"),
        path: `${place.path}.jwksUri`,
        message: `${place.path}.jwksUri has no effect beside jwks`,
        fix: "leave one of the two out",
      });
    return { jwks };
  }
  if (jwksUri !== undefined) return { uri: jwksUri };
  // Istio would ask the issuer's discovery document; what a proxy trusts is then in the hands of one more answer.
  return reportError(place.context, {
    offset: place.key("issuer"),
    path: `${place.path}.jwksUri`,
    message: `${place.path}.jwksUri is required, or jwks`,
    fix: `add jwksUri: the "jwks_uri" that ${issuer.replace(/\/$/, "")}/.well-known/openid-configuration tells`,
  });
}
