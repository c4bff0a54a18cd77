import { RE2JS } from "re2js";
import { nonEmptyString } from "./scalars.ts";
import { reportError } from "./context.ts";
import { refine, type Decoder } from "./decoder.ts";

/** Istio's limit for a regular expression in a match. */
const MAX_LENGTH = 1024;

/** A regular expression that Envoy's engine (RE2) accepts: no look-around, no back-references. */
export const regex: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (text.length > MAX_LENGTH)
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path} is longer than ${MAX_LENGTH} characters`,
    });
  const problem = compileProblem(text);
  if (problem === undefined) return text;
  const fix = /\(\?[=!<]/.test(text)
    ? "RE2 has no look-around: write the condition as a match of its own, or in withoutHeaders"
    : undefined;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is not a regular expression that Envoy accepts: ${problem}`,
    allowed: "RE2 syntax",
    fix,
  });
});

function compileProblem(text: string): string | undefined {
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error))
      .replace(/^error parsing regexp: /, "")
      .replace(/\.$/, "");
  }
}
