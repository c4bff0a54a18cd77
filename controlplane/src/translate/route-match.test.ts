import { describe, expect, test } from "vitest";
import { RouteMatchSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { HttpMatch } from "../model/types.ts";
import { asJson } from "./json-fixture.ts";
import { httpMatch } from "./mesh-fixture.ts";
import { isCatchAll, routeMatch } from "./route-match.ts";

const header = (name: string, matcher: object): object => ({ headers: [{ name, ...matcher }] });

const cases: Record<string, [Partial<HttpMatch>, object]> = {
  "nothing is every path": [{}, { prefix: "/" }],
  "exact path": [{ uri: { exact: "/a" } }, { path: "/a" }],
  "prefix is a plain string prefix": [{ uri: { prefix: "/a" } }, { prefix: "/a" }],
  "regex of the path": [{ uri: { regex: "/a.*" } }, { safe_regex: { regex: "/a.*" } }],
  "path in any case": [
    { uri: { prefix: "/a" }, ignoreUriCase: true },
    { prefix: "/a", case_sensitive: false },
  ],
  "case of a regex is its own": [{ uri: { regex: "/a" }, ignoreUriCase: true }, { safe_regex: { regex: "/a" } }],
  "exact header": [
    { headers: { "end-user": { exact: "jason" } } },
    { prefix: "/", ...header("end-user", { string_match: { exact: "jason" } }) },
  ],
  "empty header value": [
    { headers: { "end-user": { exact: "" } } },
    { prefix: "/", ...header("end-user", { string_match: { exact: "" } }) },
  ],
  "header prefix": [
    { headers: { a: { prefix: "x" } } },
    { prefix: "/", ...header("a", { string_match: { prefix: "x" } }) },
  ],
  "header regex": [
    { headers: { a: { regex: "x+" } } },
    { prefix: "/", ...header("a", { string_match: { safe_regex: { regex: "x+" } } }) },
  ],
  "header present": [{ headers: { a: { present: true } } }, { prefix: "/", ...header("a", { present_match: true }) }],
  "without a value also matches without the header": [
    { withoutHeaders: { a: { exact: "x" } } },
    {
      prefix: "/",
      ...header("a", { string_match: { exact: "x" }, invert_match: true, treat_missing_header_as_empty: true }),
    },
  ],
  "without a header": [
    { withoutHeaders: { a: { present: true } } },
    { prefix: "/", ...header("a", { present_match: true, invert_match: true }) },
  ],
  "pseudo headers": [
    { method: { exact: "GET" }, authority: { prefix: "a." }, scheme: { exact: "https" } },
    {
      prefix: "/",
      headers: [
        { name: ":method", string_match: { exact: "GET" } },
        { name: ":authority", string_match: { prefix: "a." } },
        { name: ":scheme", string_match: { exact: "https" } },
      ],
    },
  ],
  "query parameters, sorted": [
    { queryParams: { b: { present: true }, a: { exact: "1" } } },
    {
      prefix: "/",
      query_parameters: [
        { name: "a", string_match: { exact: "1" } },
        { name: "b", present_match: true },
      ],
    },
  ],
};

describe("routeMatch", () => {
  test.each(Object.entries(cases))("%s", (_, [fields, expected]) => {
    expect(asJson(RouteMatchSchema, routeMatch(httpMatch(fields)))).toEqual(expected);
  });
});

describe("isCatchAll", () => {
  test.each<[string, Partial<HttpMatch>, boolean]>([
    ["no condition", {}, true],
    ["prefix /", { uri: { prefix: "/" } }, true],
    ["regex .*", { uri: { regex: ".*" } }, true],
    ["a longer prefix", { uri: { prefix: "/a" } }, false],
    ["a method", { method: { exact: "GET" } }, false],
    ["a header", { headers: { a: { present: true } } }, false],
    ["a missing header", { withoutHeaders: { a: { present: true } } }, false],
    ["a query parameter", { queryParams: { a: { exact: "" } } }, false],
  ])("%s: %j is %s", (_, fields, expected) => {
    expect(isCatchAll(routeMatch(httpMatch(fields)))).toBe(expected);
  });
});
