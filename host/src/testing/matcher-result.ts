/** What a Vitest matcher answers. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** For what a matcher does not take. */
export function fail(message: string): MatcherResult {
  return { pass: false, message: () => message };
}

/** A text is compared as a whole. */
export function matches(actual: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? actual === wanted : wanted.test(actual);
}
