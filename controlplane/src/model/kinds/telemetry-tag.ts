import { describe } from "../../config/value.ts";
import { reportError, reportUnsupported } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { enumeration, nonEmptyString } from "../decode/scalars.ts";
import type { TagOverride, TagValue } from "../types.ts";

const ATTRIBUTES = ["request.method", "request.host", "request.url_path", "response.code"] as const;

/** The value of a metric's tag: of CEL, so far a string literal, one of a few attributes, and a request header. */
const tagValue: Decoder<TagValue> = refine(nonEmptyString, (text, value, path, context) => {
  const expression = text.trim();
  const literal = /^(?:"([^"\\]*)"|'([^'\\]*)')$/.exec(expression);
  if (literal !== null) return { literal: literal[1] ?? literal[2] ?? "" };
  const attribute = ATTRIBUTES.find((name) => name === expression);
  if (attribute !== undefined) return { attribute };
  const header = /^request\.headers\[(?:"([-\w:]+)"|'([-\w:]+)')\]$/.exec(expression);
  if (header !== null) return { requestHeader: (header[1] ?? header[2] ?? "").toLowerCase() };
  if (/[.[("'=?+]/.test(expression))
    return reportUnsupported(context, value.offset, path, `${path}: the expression ${describe(value)}`);
  const allowed = `"'text'", request.headers['name'], ${ATTRIBUTES.join(", ")}`;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not an expression`,
    allowed,
    fix: `for the text itself, write "'${expression}'"`,
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
