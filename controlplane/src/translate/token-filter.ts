import { DataSourceSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  JwtAuthenticationSchema,
  JwtProviderSchema,
  JwtRequirementSchema,
  RemoteJwksSchema,
} from "../../gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js";
import type {
  JwtAuthentication,
  JwtProvider,
  JwtRequirement,
} from "../../gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js";
import type { TokenRule } from "../model/types.ts";
import { create } from "./create.ts";
import { compare, duration } from "./protobuf.ts";

/** Where our authorization, and routes by claims, look for the claims of a checked token. */
const PAYLOAD = "payload";
/** Istio: claims that are always taken for lists of words. */
const WORD_LISTS = ["permission", "scope"];
/** How long fetched keys are good; Envoy fetches anew before they run out. */
const KEYS_LAST_MS = 5 * 60_000;

export interface TokenFilterOptions {
  /** The cluster through which keys are fetched. */
  readonly clusterOf: (uri: string) => string;
  /** Whether routes are chosen by claims, and so once more when these are known. */
  readonly routesByClaims: boolean;
}

/**
 * Envoy's filter that checks tokens by all of the rules together. A request without a token passes: to demand one is a
 * matter of authorization. A token that is there must satisfy a rule, else the answer is 401.
 */
export function tokenFilterConfig(rules: readonly TokenRule[], options: TokenFilterOptions): JwtAuthentication {
  const sorted = rules.toSorted((a, b) => compare(a.issuer, b.issuer));
  const names = sorted.map((_, index) => `issuer-${index}`);
  if (names.length === 0) return create(JwtAuthenticationSchema);
  return create(JwtAuthenticationSchema, {
    providers: Object.fromEntries(sorted.map((rule, index) => [`issuer-${index}`, provider(rule, options)])),
    rules: [
      {
        match: { pathSpecifier: { case: "prefix", value: "/" } },
        requirementType: { case: "requires", value: requirement(names) },
      },
    ],
    bypassCorsPreflight: true,
  });
}

/**
 * One of the tokens is good, or there is none at all. With several issuers "none at all" must be said for each of them:
 * a place where one of them looks may be no place for the others.
 */
function requirement(names: readonly string[]): JwtRequirement {
  const good = names.map((name) =>
    create(JwtRequirementSchema, { requiresType: { case: "providerName", value: name } }),
  );
  const optional = good.map((one) => anyOf([one, missing]));
  const [only = missing] = good;
  if (names.length === 1) return anyOf([only, missing]);
  const none = create(JwtRequirementSchema, {
    requiresType: { case: "requiresAll", value: { requirements: optional } },
  });
  return anyOf([...good, none]);
}

const missing = create(JwtRequirementSchema, { requiresType: { case: "allowMissing", value: {} } });

function anyOf(requirements: JwtRequirement[]): JwtRequirement {
  return create(JwtRequirementSchema, { requiresType: { case: "requiresAny", value: { requirements } } });
}

function provider(rule: TokenRule, { clusterOf, routesByClaims }: TokenFilterOptions): JwtProvider {
  return create(JwtProviderSchema, {
    issuer: rule.issuer,
    audiences: [...rule.audiences],
    jwksSourceSpecifier: keySource(rule, clusterOf),
    forward: rule.forwardOriginalToken,
    fromHeaders: rule.fromHeaders.map(({ name, prefix }) => ({ name, valuePrefix: prefix })),
    fromParams: [...rule.fromParams],
    fromCookies: [...rule.fromCookies],
    forwardPayloadHeader: rule.outputPayloadToHeader ?? "",
    claimToHeaders: rule.outputClaimToHeaders.map(({ header, claim }) => ({ headerName: header, claimName: claim })),
    payloadInMetadata: PAYLOAD,
    normalizePayloadInMetadata: {
      spaceDelimitedClaims: [...new Set([...WORD_LISTS, ...rule.spaceDelimitedClaims])].toSorted(),
    },
    clearRouteCache: routesByClaims,
  });
}

function keySource(
  { keys, timeoutMs }: TokenRule,
  clusterOf: (uri: string) => string,
): JwtProvider["jwksSourceSpecifier"] {
  if ("jwks" in keys) {
    const value = create(DataSourceSchema, { specifier: { case: "inlineString", value: keys.jwks } });
    return { case: "localJwks", value };
  }
  return {
    case: "remoteJwks",
    value: create(RemoteJwksSchema, {
      httpUri: {
        uri: keys.uri,
        httpUpstreamType: { case: "cluster", value: clusterOf(keys.uri) },
        timeout: duration(timeoutMs),
      },
      cacheDuration: duration(KEYS_LAST_MS),
      // Before the first request comes; one that comes earlier, or after a failure, fetches by itself.
      asyncFetch: {},
      retryPolicy: { numRetries: 2 },
    }),
  };
}
