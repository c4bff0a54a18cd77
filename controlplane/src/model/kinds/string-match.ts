import { describe, isNull } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { lastName, message, type NoFields } from "../decode/message.ts";
import { regex } from "../decode/regex.ts";
import { nonEmptyString, string } from "../decode/scalars.ts";
import type { StringMatch } from "../types.ts";

/** `regex: "*"` is how Istio's users write presence; it is no regular expression. */
const regexOrStar: Decoder<string> = (value, path, context) =>
  value.kind === "scalar" && value.value === "*" ? "*" : regex(value, path, context);

const fields = message<
  StringMatch,
  NoFields,
  { exact: Decoder<string>; prefix: Decoder<string>; regex: Decoder<string> }
>("StringMatch", { optional: { exact: string, prefix: nonEmptyString, regex: regexOrStar } }, (given, place) => {
  const chosen = (["exact", "prefix", "regex"] as const).filter((field) => given[field] !== undefined);
  if (chosen.length > 1) {
    return reportError(place.context, {
      offset: place.key(chosen[1] ?? ""),
      path: place.path,
      message: `${place.path} has more than one of exact, prefix and regex`,
      fix: `keep one: ${chosen.join(" or ")}`,
    });
  }
  if (given.exact !== undefined) return { exact: given.exact };
  if (given.prefix !== undefined) return { prefix: given.prefix };
  if (given.regex !== undefined && given.regex !== "*") return { regex: given.regex };
  return { present: true };
});

/** Istio: StringMatch. Empty (`{}`, or nothing after the colon) means that the value is present. */
export const stringMatch: Decoder<StringMatch> = (value, path, context) => {
  if (isNull(value)) return { present: true };
  if (value.kind !== "scalar") return fields(value, path, context);
  const fix = `write ${lastName(path)}: { exact: ${JSON.stringify(value.source)} }`;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} must be a map (StringMatch), not ${describe(value)}`,
    allowed: "exact, prefix, regex",
    fix,
  });
};
