import type { Expression } from "./telemetry-expression.ts";

/** A step of arithmetic with a constant. As in CEL, division is of whole numbers, towards zero. */
interface Step {
  readonly operator: "+" | "*" | "/";
  /** Positive for `*` and `/`: so the whole grows with what it is made of, and comparisons can be turned around. */
  readonly by: number;
}

/** What is made of one number by constants. */
export interface Arithmetic {
  readonly of: Expression;
  readonly steps: readonly Step[];
}

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** One step more; undefined where that is none that can be turned around. */
export function withStep(of: Arithmetic, operator: string, by: number): Arithmetic | undefined {
  const step = operator === "-" ? { operator: "+" as const, by: -by } : { operator, by };
  const isKnown = step.operator === "+" || ((step.operator === "*" || step.operator === "/") && by > 0);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of the three, as just asked
  return isKnown ? { of: of.of, steps: [...of.steps, step as Step] } : undefined;
}

/** What CEL makes of two constants; undefined where that is an error. */
export function constant(operator: string, left: number, right: number): number | undefined {
  if ((operator === "/" || operator === "%") && right === 0) return undefined;
  const results: Readonly<Record<string, number>> = {
    "+": left + right,
    "-": left - right,
    "*": left * right,
    "/": Math.trunc(left / right),
    "%": left % right,
  };
  const result = results[operator];
  return result !== undefined && Number.isSafeInteger(result) ? result + 0 : undefined;
}

/** The comparison as one of the number itself, so that nothing is calculated in a proxy; undefined beyond all numbers. */
export function compared({ of, steps }: Arithmetic, comparison: Comparison, value: number): Expression | undefined {
  const [least, more] = [threshold(steps, value), threshold(steps, value + 1)];
  if (!Number.isSafeInteger(least) || !Number.isSafeInteger(more)) return undefined;
  const from = (limit: number): Expression => ({ operation: "atMost", operands: [{ literal: limit }, of] });
  const below = (limit: number): Expression => ({ operation: "less", operands: [of, { literal: limit }] });
  switch (comparison) {
    case ">=":
      return from(least);
    case ">":
      return from(more);
    case "<":
      return below(least);
    case "<=":
      return below(more);
    case "==":
      return { operation: "and", operands: [from(least), below(more)] };
    case "!=":
      return { operation: "or", operands: [below(least), from(more)] };
    default:
      return comparison satisfies never;
  }
}

/** The least number of which the steps make at least `value`. */
function threshold(steps: readonly Step[], value: number): number {
  return steps.reduceRight((limit, { operator, by }) => {
    if (operator === "+") return limit - by;
    if (operator === "*") return Math.ceil(limit / by);
    return limit > 0 ? limit * by : (limit - 1) * by + 1;
  }, value);
}

/** More values than anyone tells requests apart by. */
const MAX_VALUES = 16;

/** The value itself, by the few that it can have for numbers from 0 to `max`; undefined where there are many. */
export function valueOf(arithmetic: Arithmetic, max: number): Expression | undefined {
  const at = (of: number): number =>
    arithmetic.steps.reduce((now, { operator, by }) => constant(operator, now, by) ?? Number.NaN, of);
  const [first, last] = [at(0), at(max)];
  if (!(last - first < MAX_VALUES)) return undefined;
  let made: Expression = { literal: last };
  for (let value = last - 1; value >= first; value--) {
    const isLess = compared(arithmetic, "<=", value);
    if (isLess === undefined) return undefined;
    made = { operation: "select", operands: [isLess, { literal: value }, made] };
  }
  return made;
}
