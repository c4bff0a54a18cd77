import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matchOf } from "./telemetry-pattern.ts";
import type { Expression } from "./telemetry-expression.ts";

const X: Expression = { attribute: "request.path" };

function holds(expression: Expression, text: string): boolean {
  if (!("operation" in expression)) throw new Error("no comparison");
  const [first, second] = expression.operands;
  if (expression.operation === "or") return [first, second].some((one) => one !== undefined && holds(one, text));
  const wanted = second !== undefined && "literal" in second ? String(second.literal) : "";
  if (expression.operation === "equal") return text === wanted;
  if (expression.operation === "startsWith") return text.startsWith(wanted);
  return expression.operation === "endsWith" ? text.endsWith(wanted) : text.includes(wanted);
}

const item = fc.constantFrom("a", "b", "\\.", "/", "(a|b)", "(?:ab|)", "[ab]", "[a-c]", "a?", "(ab)?", "\\d");
const alternative = fc
  .tuple(fc.constantFrom("", "^", ".*", "^.*"), fc.array(item, { maxLength: 3 }), fc.constantFrom("", "$", ".*", ".*$"))
  .map(([first, items, last]) => first + items.join("") + last);
const pattern = fc.array(alternative, { minLength: 1, maxLength: 3 }).map((all) => all.join("|"));
const subject = fc.string({ unit: fc.constantFrom("a", "b", "c", ".", "/", "1"), maxLength: 6 });

test("a pattern that can be compiled holds as a regular expression does", () => {
  fc.assert(
    fc.property(pattern, subject, (text, value) => {
      const expression = matchOf(X, text);
      if (typeof expression === "string") expect(expression).toMatch(/more than 16 texts/);
      else expect(holds(expression, value)).toBe(new RegExp(text).test(value));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  "a+",
  "a*",
  "a{2}",
  "a.b",
  "a.*b",
  "[^a]",
  "\\w",
  "\\bx",
  "(^a)",
  "a^",
  "a$b",
  "(?i)a",
  "a)",
  "[a",
  "\\",
  "a??",
  "(.*)",
])("%s is refused", (text) => {
  expect(typeof matchOf(X, text)).toBe("string");
});

test.each(["[a-c]-", "[-a]", "a|", ""])("%s is read", (text) => {
  expect(typeof matchOf(X, text)).toBe("object");
});
