import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { enumeration, nonEmptyString } from "../decode/scalars.ts";
import { parseExpression } from "../telemetry-expression.ts";
import type { TagOverride, TagValue } from "../types.ts";

/** The value of a metric's tag: the part of CEL that can be compiled. */
const tagValue: Decoder<TagValue> = refine(nonEmptyString, (text, value, path, context) => {
  const expression = parseExpression(text);
  if (!("message" in expression)) return expression;
  // A bare word is most often meant as the text itself.
  const isWord = /^[-\w. ]+$/.test(text) && !/^(request|response|source|destination|connection)\b/.test(text);
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}: at character ${expression.at + 1}, ${expression.message}`,
    allowed: expression.allowed,
    fix: isWord ? `for the text itself, write "'${text.trim()}'"` : expression.fix,
  });
});

/** Istio: MetricsOverrides.TagOverride. */
export const tagOverride = message(
  "TagOverride",
  { optional: { operation: enumeration(["UPSERT", "REMOVE"]), value: tagValue } },
  (given, place): TagOverride | undefined => {
    const { operation = "UPSERT", value } = given;
    const path = `${place.path}.value`;
    if (operation === "REMOVE") {
      if (value === undefined) return { operation };
      return reportError(place.context, {
        offset: place.key("value"),
        path,
        message: `${path} cannot stand beside the operation REMOVE`,
        fix: "remove one of the two",
      });
    }
    if (value !== undefined) return { operation, value };
    return reportError(place.context, {
      offset: place.offset,
      path,
      message: `${path} is required for the operation UPSERT`,
    });
  },
);

/** A tag becomes a label of Prometheus, so it must be a name there. */
export const tagName: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text)) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path}: ${describe(value)} is not the name of a label`,
    allowed: "letters, digits and _, not beginning with a digit",
  });
});
