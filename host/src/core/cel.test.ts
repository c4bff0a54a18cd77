import * as fc from "fast-check";
import { expect, test } from "vitest";
import { findProperty, type PropertyTree, type PropertyValue } from "../abi/property.ts";
import { evaluate } from "./cel.ts";
import { parseExpression } from "./cel-parser.ts";

const ATTRIBUTES: PropertyTree = {
  request: { method: "GET", path: "/a", headers: { "x-user": "jason" }, size: 12 },
  connection: { mtls: true },
};

function run(text: string): PropertyValue | undefined {
  const expression = parseExpression(text);
  return expression === undefined ? "no expression" : evaluate(expression, (path) => findProperty(ATTRIBUTES, path));
}

test.each<[string, PropertyValue | undefined]>([
  ["1 + 2 * 3 - 4 / 2", 5n],
  ["-(1 + 2) % 2", -1n],
  ["1.5 < 2.5", true],
  ["'a' + \"b\"", "ab"],
  ["request.method == 'GET' && connection.mtls", true],
  ["request.headers['x-user'] != 'jason' || request.size >= 12", true],
  ["!connection.mtls", false],
  ["request.method in ['GET', 'HEAD']", true],
  ["'x-none' in request.headers", false],
  ["request.path.startsWith('/a') && request.path.endsWith('a')", true],
  ["request.path.matches('^/[a-z]+$') && request.path.contains('a')", true],
  ["size(request.path) == 2 && size([1, 2, 3]) == 3", true],
  ["[10, 20][1]", 20n],
  ["has(request.headers['x-user']) && !has(request.nope)", true],
  ["string(1) + 'x'", "1x"],
  ["int('7') + 1", 8n],
  ["request.nope == 'a'", undefined],
  ["request.nope == 'a' || true", true],
  ["request.nope == 'a' && false", false],
  ["1 / 0", undefined],
  ["1 + 'a'", undefined],
  ["'a'.matches('(')", undefined],
  ["1 +", "no expression"],
  ["", "no expression"],
  ["(1", "no expression"],
  ["a b", "no expression"],
  ["f(1,", "no expression"],
  ["§", "no expression"],
])("%s", (text, expected) => {
  expect(run(text)).toEqual(expected);
});

test("no text makes it throw", () => {
  const alphabet = fc.constantFrom(
    "request",
    ".",
    "(",
    ")",
    "[",
    "]",
    "'a'",
    "1",
    "+",
    "==",
    "!",
    "-",
    ",",
    "in",
    " ",
    "&&",
    "x",
  );
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 12 }), (parts) => {
      run(parts.join(""));
    }),
    { numRuns: 500 },
  );
});
