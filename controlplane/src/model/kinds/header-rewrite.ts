import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { regex } from "../decode/regex.ts";
import { string } from "../decode/scalars.ts";
import type { HeaderRewrite } from "../header-policy.ts";
import { compileRegex, groupCount } from "../regex/byte-program.ts";
import { parseSubstitution } from "../regex/substitution.ts";

/** Those that a substitution can name. */
const MAX_GROUPS = 9;

/** A regular expression that a filter runs itself, so that its size counts. */
export const compiledRegex: Decoder<string> = refine(regex, (text, value, path, context) => {
  const compiled = compileRegex(text, MAX_GROUPS);
  if ("bytes" in compiled) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is too big a regular expression: ${compiled.problem}`,
    fix: "use shorter repetitions, and classes of fewer characters",
  });
});

const line: Decoder<string> = refine(string, (text, value, path, context) => {
  if (!/[\0\r\n]/.test(text)) return text;
  return reportError(context, { offset: value.offset, path, message: `${path} must be one line of text` });
});

/** How the values of one header are rewritten. */
export const headerRewrite = message(
  "HeaderRewrite",
  {
    required: { pattern: compiledRegex, substitution: line },
    examples: { pattern: '"^/v([0-9]+)/"', substitution: String.raw`'/api/\1/'` },
  },
  ({ pattern, substitution }, place): HeaderRewrite | undefined => {
    const read = parseSubstitution(substitution, groupCount(pattern));
    if ("parts" in read) return { pattern, substitution };
    const path = `${place.path}.substitution`;
    const allowed = String.raw`text, \0 for the match, \1 to \9 for the pattern's groups, \\ for a backslash`;
    return reportError(place.context, {
      offset: place.key("substitution"),
      path,
      message: `${path} ${read.problem}`,
      allowed,
    });
  },
);
