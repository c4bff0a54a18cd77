import { RE2JS } from "re2js";
import type { StringMatcher } from "../../gen/envoy/type/matcher/v3/string_pb.js";

/** Whether a value is as the matcher says. Envoy: envoy.type.matcher.v3.StringMatcher; regular expressions match all of it. */
export function matchesString({ matchPattern: pattern, ignoreCase }: StringMatcher, value: string): boolean {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  switch (pattern.case) {
    case "exact":
      return fold(value) === fold(pattern.value);
    case "prefix":
      return fold(value).startsWith(fold(pattern.value));
    case "suffix":
      return fold(value).endsWith(fold(pattern.value));
    case "contains":
      return fold(value).includes(fold(pattern.value));
    case "safeRegex":
      return matchesRegex(pattern.value.regex, value);
    case "custom":
    case undefined:
      return false;
    default:
      return pattern satisfies never;
  }
}

/** What the matcher asks for: `exactly "jason"`. */
export function describeString({ matchPattern: pattern }: StringMatcher): string {
  switch (pattern.case) {
    case "exact":
      return `exactly "${pattern.value}"`;
    case "prefix":
      return `something that begins with "${pattern.value}"`;
    case "suffix":
      return `something that ends with "${pattern.value}"`;
    case "contains":
      return `something with "${pattern.value}" in it`;
    case "safeRegex":
      return `something that matches ${pattern.value.regex}`;
    case "custom":
    case undefined:
      return "something else";
    default:
      return pattern satisfies never;
  }
}

export function matchesRegex(regex: string, value: string): boolean {
  try {
    return RE2JS.compile(regex).matches(value);
  } catch {
    return false;
  }
}
