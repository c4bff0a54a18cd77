/** True when every host that `host` (exact, or a wildcard) stands for is also matched by `pattern`. */
export function covers(pattern: string, host: string): boolean {
  if (pattern === "*" || pattern === host) return true;
  return pattern.startsWith("*.") && host.endsWith(pattern.slice(1)) && host.length >= pattern.length;
}

/** Envoy's and Istio's order of precedence for hosts that match: exact, then the longest wildcard, then `*`. */
export function mostSpecific<T>(
  candidates: readonly T[],
  patternOf: (candidate: T) => string,
  host: string,
): T | undefined {
  let best: T | undefined;
  let bestRank = -1;
  for (const candidate of candidates) {
    const pattern = patternOf(candidate);
    if (!covers(pattern, host)) continue;
    const rank = pattern === host ? Number.POSITIVE_INFINITY : pattern.length;
    if (rank > bestRank) [best, bestRank] = [candidate, rank];
  }
  return best;
}
