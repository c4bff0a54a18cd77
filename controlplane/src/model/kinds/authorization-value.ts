import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { nonEmptyString } from "../decode/scalars.ts";
import type { ValueMatch } from "../types.ts";

/** `*` is presence, `abc*` a prefix, `*abc` a suffix; a star elsewhere is an ordinary character. */
export function parseValue(text: string): ValueMatch {
  if (text === "*") return { kind: "present" };
  if (text.startsWith("*")) return { kind: "suffix", value: text.slice(1) };
  if (text.endsWith("*")) return { kind: "prefix", value: text.slice(0, -1) };
  return { kind: "exact", value: text };
}

/** A value of an AuthorizationPolicy list. */
export const valueMatch: Decoder<ValueMatch> = refine(nonEmptyString, parseValue);

/** Hosts are compared without regard to case, so the model has them in lower case. */
export const hostMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text) => parseValue(text.toLowerCase()));

/** A path, or a template of `{*}` (one segment) and `{**}` (any number, at most once, the last operator). */
export const pathMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text, value, path, context) => {
  if (!/\{\*\*?\}/.test(text)) return parseValue(text);
  const problem = templateProblem(text);
  if (problem === undefined) return { kind: "template", value: text };
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, ${problem}`,
    allowed: "whole segments {*} and, as the last operator, {**}",
  });
});

function templateProblem(text: string): string | undefined {
  if (!text.startsWith("/")) return "which does not begin with a slash";
  const segments = text.slice(1).split("/");
  const anyAt = segments.indexOf("{**}");
  if (anyAt >= 0 && segments.slice(anyAt + 1).some((segment) => segment.includes("{")))
    return "where an operator follows {**}";
  const bad = segments.find(
    (segment) => segment !== "{*}" && segment !== "{**}" && !/^[a-zA-Z0-9\-._~%!$&'()+,;:@=]*$/.test(segment),
  );
  if (bad !== undefined) return `where the segment "${bad}" is neither plain text nor an operator`;
  return undefined;
}
