const CLAIMS = "@request.auth.claims";

/**
 * Istio: `@request.auth.claims.NAME.NAME` or `@request.auth.claims[NAME][NAME]` in the place of a header to match: the
 * names that lead to a claim of the request's token. Undefined for any other text.
 */
export function claimPath(name: string): readonly string[] | undefined {
  if (!name.startsWith(CLAIMS)) return undefined;
  const rest = name.slice(CLAIMS.length);
  if (/^(\.[^.[\]]+)+$/.test(rest)) return rest.slice(1).split(".");
  return /^(\[[^[\]]+\])+$/.test(rest) ? rest.slice(1, -1).split("][") : undefined;
}
