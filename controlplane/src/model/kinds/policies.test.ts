import { expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";
import { parseValue } from "./authorization-value.ts";

test.each([
  ["*", { kind: "present" }],
  ["abc*", { kind: "prefix", value: "abc" }],
  ["*abc", { kind: "suffix", value: "abc" }],
  ["*/x*", { kind: "suffix", value: "/x*" }],
  ["a*b", { kind: "exact", value: "a*b" }],
])("the value %s", (text, expected) => {
  expect(parseValue(text)).toEqual(expected);
});

test("an AuthorizationPolicy without rules allows nothing", () => {
  expect(decodeGood("AuthorizationPolicy", "# empty")).toMatchObject({ action: "ALLOW", rules: [], selector: {} });
});

test.each<[name: string, spec: string, problem: RegExp]>([
  ["DENY without rules", "action: DENY", /^5:3 IST0106 spec.rules is required for the action DENY/],
  [
    "an empty operation",
    "rules: [{ to: [{ operation: {} }] }]",
    /^5:31 IST0106 .* must have a value in one of its lists/,
  ],
  ["an empty to", "rules: [{ to: [] }]", /^5:17 IST0106 spec.rules\[0\].to must have at least one item$/],
  ["a null rule", "rules: [null]", /^5:11 IST0106 spec.rules\[0\] must not be empty$/],
  ["an empty from", "rules: [{ from: [] }]", /^5:19 IST0106 spec.rules\[0\].from must have at least one item$/],
  [
    "an operator after {**}",
    'rules: [{ to: [{ operation: { paths: ["/a/{**}/{*}"] } }] }]',
    /an operator follows \{\*\*\}/,
  ],
])("an AuthorizationPolicy refuses %s", (_, spec, problem) => {
  expect(decodeSpecText("AuthorizationPolicy", spec).problems[0]).toMatch(problem);
});

test("a Telemetry's overrides", () => {
  const spec =
    "metrics:\n- overrides: [{ match: { metric: REQUEST_COUNT, mode: SERVER }, tagOverrides: { m: { value: request.method }, l: { value: \"'x'\" }, r: { operation: REMOVE } } }]";
  const tags = {
    m: { operation: "UPSERT", value: { attribute: "request.method" } },
    l: { operation: "UPSERT", value: { literal: "x" } },
    r: { operation: "REMOVE" },
  };
  expect(decodeGood("Telemetry", spec)).toMatchObject({
    overrides: [{ metric: "REQUEST_COUNT", mode: "SERVER", tags }],
  });
});
