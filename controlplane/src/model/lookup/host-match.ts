/** Host names with Istio's leading wildcard: `*`, `*.example.com`, or exact. */
export function isWildcard(host: string): boolean {
  return host.startsWith("*");
}

/** Whether every name that `host` (exact, or a wildcard) stands for is one that `pattern` stands for. */
export function covers(pattern: string, host: string): boolean {
  if (!isWildcard(pattern)) return pattern === host;
  const suffix = pattern.slice(1);
  return isWildcard(host) ? host.slice(1).endsWith(suffix) : host.length > suffix.length && host.endsWith(suffix);
}
