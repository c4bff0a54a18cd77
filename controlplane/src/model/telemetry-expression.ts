import { dottedName, type CelNode, type CelOperator, type CelProblem } from "./cel/syntax.ts";
import { parseCel } from "./cel/parse.ts";
import { compared, constant, valueOf, withStep, type Arithmetic, type Comparison } from "./telemetry-arithmetic.ts";
import { matchOf } from "./telemetry-pattern.ts";
import { listAllowed, nearest } from "./suggestion.ts";
import { ALIASES, ATTRIBUTES, MAPS, type ExpressionType } from "./telemetry-attributes.ts";

/** What an expression does with its operands. `has` asks whether its operand is there, `in` whether a header is. */
export type Operation =
  | "select"
  | "and"
  | "or"
  | "not"
  | "equal"
  | "unequal"
  | "less"
  | "atMost"
  | "concat"
  | "startsWith"
  | "endsWith"
  | "contains"
  | "has";

/** The part of CEL that labels are made of: checked, with types that fit. Absent attributes make the whole unknown. */
export type Expression =
  | { readonly literal: string | number | boolean }
  | { readonly attribute: string }
  /** By lower-case name. */
  | { readonly requestHeader: string }
  | { readonly responseHeader: string }
  | { readonly nodeMetadata: string }
  | { readonly operation: Operation; readonly operands: readonly Expression[] };

interface Typed {
  readonly expression: Expression;
  readonly type: ExpressionType;
  /** The number as it is made of another: what comparisons are turned around by. */
  readonly arithmetic?: Arithmetic;
  /** It has no value of its own that could be compiled, only comparisons have. */
  readonly refusal?: CelProblem;
}

const NAMES = [...[...MAPS.keys()].map((name) => `${name}['…']`), ...ATTRIBUTES.keys()];
const SHOWN = 16;
const WORDS: Readonly<Record<ExpressionType, string>> = { text: "text", number: "a number", truth: "true or false" };
const ALLOWED =
  "texts, numbers, true, false, attributes, ?:, &&, ||, !, ==, !=, <, <=, >, >=, +, -, *, / with constants, has(), string(), .startsWith(), .endsWith(), .contains(), .matches(), 'name' in request.headers";

/** The largest expression: more is a mistake, and the filter's own limits are wider. */
const MAX_NODES = 100;

/** Reads an expression for a label. A problem says what cannot be compiled, at which character, and what can. */
export function parseExpression(text: string): Expression | CelProblem {
  const node = parseCel(text);
  if ("message" in node) return node;
  const typed = check(node);
  if ("message" in typed) return typed;
  return size(typed.expression) <= MAX_NODES
    ? typed.expression
    : { at: 0, message: `it has more than ${MAX_NODES} parts` };
}

function size(expression: Expression): number {
  return "operands" in expression ? expression.operands.reduce((sum, one) => sum + size(one), 1) : 1;
}

type Checked = Typed | CelProblem;

function check(node: CelNode): Checked {
  const typed = measure(node);
  return "message" in typed ? typed : (typed.refusal ?? typed);
}

// Comparisons look at their operands more than once: without this, as often as two to the power of their depth.
const known = new WeakMap<CelNode, Checked>();

/** The same, also of numbers that only comparisons can be made of. */
function measure(node: CelNode): Checked {
  const found = known.get(node) ?? typedOf(node);
  known.set(node, found);
  return found;
}

function typedOf(node: CelNode): Checked {
  switch (node.kind) {
    case "literal":
      return literal(node.value, node.at);
    case "name":
    case "select":
      return attribute(node);
    case "index":
      return member(node.of, node.index, node.at);
    case "call":
      return call(node);
    case "operator":
      return operator(node.operator, node.args, node.at);
    case "list":
      return { at: node.at, message: "lists are not supported in labels", allowed: ALLOWED };
    default:
      return node satisfies never;
  }
}

function literal(value: string | number | boolean | null, at: number): Checked {
  if (value === null) return { at, message: "null is no value for a label", allowed: ALLOWED };
  if (typeof value === "number" && !Number.isSafeInteger(value))
    return { at, message: `${value} is not supported in labels`, allowed: "whole numbers" };
  const type = typeof value === "string" ? "text" : typeof value === "number" ? "number" : "truth";
  return { expression: { literal: value }, type };
}

function attribute(node: CelNode): Checked {
  const written = dottedName(node);
  const at = startOf(node);
  if (written === undefined) return { at: node.at, message: "only attributes have fields", allowed: ALLOWED };
  const name = canonical(written);
  const info = ATTRIBUTES.get(name);
  if (info !== undefined) return { expression: { attribute: name }, type: info.type };
  const map = [...MAPS.keys()].find((one) => name.startsWith(`${one}.`));
  // In CEL, a field of a map is its key: `request.headers.host`.
  if (map !== undefined) return entry(map, name.slice(map.length + 1), at);
  if (MAPS.has(name)) return { at, message: `${written} is a map`, fix: `write ${written}['name']` };
  const near = nearest(written, NAMES);
  return {
    at,
    message: `${written} is not an attribute that labels can be made of`,
    allowed: listAllowed(NAMES, SHOWN),
    ...(near === undefined ? {} : { fix: `did you mean ${near}?` }),
  };
}

function member(of: CelNode, index: CelNode, at: number): Checked {
  const name = canonical(dottedName(of) ?? "");
  if (!MAPS.has(name)) return { at, message: "[ ] looks into maps only", allowed: [...MAPS.keys()].join(", ") };
  if (index.kind !== "literal" || typeof index.value !== "string")
    return { at: startOf(index), message: "the key must be a text in quotes" };
  return entry(name, index.value, at);
}

function entry(map: string, key: string, at: number): Checked {
  if (map === "xds.node.metadata") return { expression: { nodeMetadata: key }, type: "text" };
  if (!/^:?[-\w]+$/.test(key)) return { at, message: `${JSON.stringify(key)} is not the name of a header` };
  const name = key.toLowerCase();
  return { expression: map === "request.headers" ? { requestHeader: name } : { responseHeader: name }, type: "text" };
}

function call({ name, target, args, at }: CelNode & { kind: "call" }): Checked {
  const [first, ...others] = args;
  if (target === undefined && name === "has" && first !== undefined && others.length === 0)
    return first.kind === "select"
      ? operation("has", [first], "truth")
      : { at, message: "has() asks for an attribute" };
  if (target === undefined && name === "string" && first !== undefined && others.length === 0) {
    const typed = check(first);
    return "message" in typed ? typed : { ...typed, type: "text" };
  }
  if (target !== undefined && (name === "startsWith" || name === "endsWith" || name === "contains")) {
    if (first === undefined || others.length > 0) return { at, message: `${name}() takes one text` };
    return operation(name, [target, first], "truth", "text");
  }
  if (target !== undefined && name === "matches") return matches(target, args, at);
  return { at, message: `the function ${name}() is not supported in labels`, allowed: ALLOWED };
}

/** A pattern becomes comparisons of text: no regular expressions run in a proxy. */
function matches(target: CelNode, [pattern, ...others]: readonly CelNode[], at: number): Checked {
  if (pattern?.kind !== "literal" || typeof pattern.value !== "string" || others.length > 0)
    return { at, message: "matches() takes one text in quotes" };
  const subject = check(target);
  if ("message" in subject) return subject;
  if (subject.type !== "text") return wrongType(target, "text", subject.type);
  const expression = matchOf(subject.expression, pattern.value);
  if (typeof expression !== "string") return { expression, type: "truth" };
  return {
    at: startOf(pattern),
    message: `the pattern cannot be compiled: ${expression}`,
    allowed: "texts, with ^ and $, .* at either end, (a|b), [abc], \\d and ?",
    fix: "use startsWith, endsWith or contains",
  };
}

const COMPARISONS: Partial<Record<CelOperator, readonly [Operation, "as written" | "turned"]>> = {
  "<": ["less", "as written"],
  "<=": ["atMost", "as written"],
  ">": ["less", "turned"],
  ">=": ["atMost", "turned"],
};

function operator(symbol: CelOperator, args: readonly CelNode[], at: number): Checked {
  if (symbol === "?:") return choice(args);
  if (symbol === "!") return operation("not", args, "truth", "truth");
  if (symbol === "&&") return operation("and", args, "truth", "truth");
  if (symbol === "||") return operation("or", args, "truth", "truth");
  if (isComparison(symbol)) {
    const turned = comparedToConstant(symbol, args);
    if (turned !== undefined) return turned;
  }
  if (symbol === "==") return operation("equal", args, "truth");
  if (symbol === "!=") return operation("unequal", args, "truth");
  if (isArithmetic(symbol)) return arithmetic(symbol, args, at);
  if (symbol === "in") return headerIn(args, at);
  const comparison = COMPARISONS[symbol];
  if (comparison !== undefined)
    return operation(comparison[0], comparison[1] === "turned" ? args.toReversed() : args, "truth", "number");
  if (symbol === "neg") return negative(args, at);
  return { at, message: `${symbol} is not supported in labels`, allowed: ALLOWED };
}

type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

function isArithmetic(symbol: CelOperator): symbol is ArithmeticOperator {
  return ["+", "-", "*", "/", "%"].includes(symbol);
}

function isComparison(symbol: CelOperator): symbol is Comparison {
  return ["==", "!=", "<", "<=", ">", ">="].includes(symbol);
}

/** The same comparison seen from its other side. */
const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** What is made of a number by constants, compared with a constant; undefined where it is not that. */
function comparedToConstant(symbol: Comparison, args: readonly CelNode[]): Checked | undefined {
  const [left, right] = args.map(measure);
  if (!isTyped(left) || !isTyped(right)) return undefined;
  const [made, value, comparison] = left.arithmetic
    ? [left.arithmetic, right, symbol]
    : [right.arithmetic, left, MIRRORED[symbol]];
  if (made === undefined || !("literal" in value.expression) || typeof value.expression.literal !== "number")
    return undefined;
  const expression = compared(made, comparison, value.expression.literal);
  return expression && { expression, type: "truth" };
}

/** A status has three digits; nothing else that is counted has a limit. */
const MAX_CODE = 999;

function arithmetic(symbol: ArithmeticOperator, args: readonly CelNode[], at: number): Checked {
  const [left, right] = args.map(measure);
  for (const one of [left, right]) if (one !== undefined && "message" in one) return one;
  if (!isTyped(left) || !isTyped(right)) return { at, message: `${symbol} has two parts` };
  if (symbol === "+" && (left.type === "text" || right.type === "text"))
    return operation("concat", args, "text", "text");
  if (left.type !== "number") return wrongType(args[0], "number", left.type);
  if (right.type !== "number") return wrongType(args[1], "number", right.type);
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) {
    const value = constant(symbol, a, b);
    return value === undefined
      ? { at, message: `${a} ${symbol} ${b} is no number` }
      : { expression: { literal: value }, type: "number" };
  }
  // 2 + x and 2 * x are x + 2 and x * 2.
  const isTurned = a !== undefined && (symbol === "+" || symbol === "*");
  const [subject, by] = isTurned ? [right, a] : [left, b];
  const inner = subject.arithmetic ?? { of: subject.expression, steps: [] };
  const made = by === undefined ? undefined : withStep(inner, symbol, by);
  if (made === undefined)
    return {
      at,
      message: `${symbol} is supported in labels between an attribute and a constant only`,
      allowed: "x + 1, x - 1, x * 2, x / 100, of constants that are not negative",
    };
  return measured(made, at);
}

function measured(made: Arithmetic, at: number): Checked {
  const isCode = "attribute" in made.of && made.of.attribute === "response.code";
  const expression = isCode ? valueOf(made, MAX_CODE) : undefined;
  if (expression !== undefined) return { expression, type: "number", arithmetic: made };
  const message = "what is calculated can only be compared with a constant: it has too many values for a label";
  return {
    expression: made.of,
    type: "number",
    arithmetic: made,
    refusal: { at, message, allowed: "response.size / 1024 < 10, and response.code / 100 also as a value" },
  };
}

function numberOf({ expression }: Typed): number | undefined {
  return "literal" in expression && typeof expression.literal === "number" ? expression.literal : undefined;
}

function negative([of]: readonly CelNode[], at: number): Checked {
  return of?.kind === "literal" && typeof of.value === "number"
    ? literal(-of.value, at)
    : { at, message: "- is not supported in labels", allowed: ALLOWED };
}

function choice(args: readonly CelNode[]): Checked {
  const [condition, yes, no] = args.map(check);
  for (const one of [condition, yes, no]) if (one !== undefined && "message" in one) return one;
  if (!isTyped(condition) || !isTyped(yes) || !isTyped(no)) return { at: 0, message: "?: has three parts" };
  if (condition.type !== "truth") return wrongType(args[0], "truth", condition.type);
  if (yes.type !== no.type) return wrongType(args[2], yes.type, no.type);
  return {
    expression: { operation: "select", operands: [condition.expression, yes.expression, no.expression] },
    type: yes.type,
  };
}

/** Operands of one type: of `wanted`, or else all of that of the first. */
function operation(
  name: Operation,
  args: readonly CelNode[],
  result: ExpressionType,
  wanted?: ExpressionType,
): Checked {
  const operands: Expression[] = [];
  let type = wanted;
  for (const arg of args) {
    const typed = check(arg);
    if ("message" in typed) return typed;
    if (type !== undefined && typed.type !== type) return wrongType(arg, type, typed.type);
    type = typed.type;
    operands.push(typed.expression);
  }
  return { expression: { operation: name, operands }, type: result };
}

function headerIn([key, map]: readonly CelNode[], at: number): Checked {
  const name = map && canonical(dottedName(map) ?? "");
  if (key === undefined || name === undefined || !MAPS.has(name))
    return { at, message: "in looks into maps only", allowed: [...MAPS.keys()].join(", ") };
  if (key.kind !== "literal" || typeof key.value !== "string")
    return { at: startOf(key), message: "the key must be a text in quotes" };
  const found = entry(name, key.value, key.at);
  return "message" in found ? found : { expression: { operation: "has", operands: [found.expression] }, type: "truth" };
}

function wrongType(node: CelNode | undefined, wanted: ExpressionType, found: ExpressionType): CelProblem {
  const fix = wanted === "text" && found === "number" ? { fix: "write string(…) around it" } : {};
  return {
    at: node === undefined ? 0 : startOf(node),
    message: `${WORDS[wanted]} is wanted here, and this is ${WORDS[found]}`,
    ...fix,
  };
}

function isTyped(checked: Checked | undefined): checked is Typed {
  return checked !== undefined && "expression" in checked;
}

function canonical(name: string): string {
  return ALIASES.get(name) ?? name;
}

/** Where the text of a node begins. */
function startOf(node: CelNode): number {
  if (node.kind === "select" || node.kind === "index") return startOf(node.of);
  if (node.kind === "operator" && node.args.length > 1 && node.args[0] !== undefined) return startOf(node.args[0]);
  return node.at;
}
