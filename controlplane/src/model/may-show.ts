import type { Diagnostic } from "./diagnostic.ts";

/** As long a run as only keys, certificates and hashes have. */
const LONG_WORD = /[A-Za-z0-9+/=]{40}/;

/**
 * Whether the line that a diagnostic is about may be printed below it. Nothing of a Secret is; nor what looks like one
 * where the text is too broken to say what it is.
 */
export function mayShow({ object }: Pick<Diagnostic, "object">, line: string): boolean {
  return object?.kind !== "Secret" && !LONG_WORD.test(line);
}
