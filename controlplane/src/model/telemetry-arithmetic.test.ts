import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compared, constant, valueOf, withStep, type Arithmetic, type Comparison } from "./telemetry-arithmetic.ts";
import type { Expression } from "./telemetry-expression.ts";

const X: Expression = { attribute: "request.size" };

/** What the compiled comparison is for a number. */
function holds(expression: Expression, x: number): boolean | number {
  if ("literal" in expression) return Number(expression.literal);
  if (!("operation" in expression)) return x;
  const [a = 0, b = 0, c = 0] = expression.operands.map((operand) => holds(operand, x));
  if (expression.operation === "select") return a ? b : c;
  if (expression.operation === "less") return a < b;
  if (expression.operation === "atMost") return a <= b;
  return expression.operation === "and" ? Boolean(a && b) : Boolean(a || b);
}

const PLAIN: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const steps = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom("+", "-"), fc.integer({ min: -300, max: 300 })),
    fc.tuple(fc.constantFrom("*", "/"), fc.integer({ min: 1, max: 120 })),
  ),
  { minLength: 1, maxLength: 4 },
);

function made(of: readonly (readonly [string, number])[]): Arithmetic {
  let arithmetic: Arithmetic = { of: X, steps: [] };
  for (const [operator, by] of of) arithmetic = withStep(arithmetic, operator, by) ?? arithmetic;
  return arithmetic;
}

const calculated = (of: readonly (readonly [string, number])[], x: number): number =>
  of.reduce((now, [operator, by]) => constant(operator, now, by) ?? Number.NaN, x);

test("a comparison of what is calculated holds as the calculation says", () => {
  const comparisons = fc.constantFrom(...(Object.keys(PLAIN) as Comparison[])); // Its own keys.
  fc.assert(
    fc.property(steps, comparisons, fc.nat(1000), fc.integer({ min: -2, max: 2 }), (of, comparison, x, off) => {
      // Values next to the number's own are those that matter.
      const value = calculated(of, x) + off;
      const expression = compared(made(of), comparison, value);
      if (expression === undefined) throw new Error("not compiled");
      expect(holds(expression, x)).toBe(PLAIN[comparison](calculated(of, x), value));
    }),
    { numRuns: 500 },
  );
});

test("few values are a choice among them, many are none", () => {
  const hundreds = made([["/", 100]]);
  const expression = valueOf(hundreds, 999);
  if (expression === undefined) throw new Error("not compiled");
  for (const code of [0, 99, 100, 204, 503, 999]) expect(holds(expression, code)).toBe(Math.trunc(code / 100));
  expect(valueOf(made([["+", 1]]), 999)).toBeUndefined();
});

test.each([
  ["*", 0],
  ["*", -1],
  ["/", -2],
  ["%", 5],
])("%s by %d cannot be turned around", (operator, by) => {
  expect(withStep({ of: X, steps: [] }, operator, by)).toBeUndefined();
});
