import { MetadataMatcherSchema } from "../../gen/envoy/type/matcher/v3/metadata_pb.js";
import type { MetadataMatcher } from "../../gen/envoy/type/matcher/v3/metadata_pb.js";
import type { StringMatcher } from "../../gen/envoy/type/matcher/v3/string_pb.js";
import { claimPath } from "../model/index.ts";
import type { HttpMatch, StringMatch, VirtualService } from "../model/types.ts";
import { create } from "./create.ts";
import { sortedEntries } from "./protobuf.ts";

/** Whether a VirtualService chooses routes by the claims of tokens. */
export function routesByClaims({ http }: VirtualService): boolean {
  return http.some(({ match }) =>
    match.some(({ headers, withoutHeaders }) =>
      [headers, withoutHeaders].some((names) => Object.keys(names).some((name) => claimPath(name) !== undefined)),
    ),
  );
}

/** Matches of claims, which jwt_authn leaves in the request's metadata. `stringMatcher` gives undefined for "present". */
export function claimMatchers(
  { headers, withoutHeaders }: Pick<HttpMatch, "headers" | "withoutHeaders">,
  stringMatcher: (match: StringMatch) => StringMatcher | undefined,
): MetadataMatcher[] {
  return [
    { names: headers, invert: false },
    { names: withoutHeaders, invert: true },
  ].flatMap(({ names, invert }) =>
    sortedEntries(names).flatMap(([name, match]) => {
      const path = claimPath(name);
      return path === undefined ? [] : [claimMatcher(path, stringMatcher(match), invert)];
    }),
  );
}

/** A text, or a list with such a text. */
function claimMatcher(path: readonly string[], text: StringMatcher | undefined, invert: boolean): MetadataMatcher {
  const value =
    text === undefined
      ? { matchPattern: { case: "presentMatch" as const, value: true } }
      : {
          matchPattern: {
            case: "orMatch" as const,
            value: {
              valueMatchers: [
                { matchPattern: { case: "stringMatch" as const, value: text } },
                {
                  matchPattern: {
                    case: "listMatch" as const,
                    value: {
                      matchPattern: {
                        case: "oneOf" as const,
                        value: { matchPattern: { case: "stringMatch" as const, value: text } },
                      },
                    },
                  },
                },
              ],
            },
          },
        };
  return create(MetadataMatcherSchema, {
    filter: "envoy.filters.http.jwt_authn",
    path: ["payload", ...path].map((key) => ({ segment: { case: "key" as const, value: key } })),
    value,
    invert,
  });
}
