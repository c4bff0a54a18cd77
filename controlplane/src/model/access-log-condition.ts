import { parseCel } from "./cel/parse.ts";
import { dottedName, type CelNode, type CelOperator, type CelProblem } from "./cel/syntax.ts";
import type { AccessLogCondition } from "./telemetry-types.ts";

/** Roots of the attributes that an Envoy's access log knows. */
const ROOTS = [
  "request",
  "response",
  "connection",
  "upstream",
  "source",
  "destination",
  "metadata",
  "filter_state",
  "xds",
];

/** Functions of the CEL that Envoy's access log runs; it would refuse a listener with another one. */
const FUNCTIONS: Readonly<Record<string, readonly number[]>> = {
  has: [1],
  size: [0, 1],
  contains: [1],
  startsWith: [1],
  endsWith: [1],
  matches: [1],
  int: [1],
  double: [1],
};

/**
 * Reads the condition of an access log: as Envoy's own filters where it compares the response's code or headers of the
 * request by text, which costs less, else in CEL for Envoy. A problem says why Envoy would not take it.
 */
export function parseAccessLogCondition(text: string): AccessLogCondition | CelProblem {
  const node = parseCel(text);
  if ("message" in node) return node;
  const problem = findProblem(node);
  if (problem !== undefined) return problem;
  return native(node) ?? { cel: text };
}

function findProblem(node: CelNode): CelProblem | undefined {
  if (node.kind === "name" && !ROOTS.includes(node.name))
    return { at: node.at, message: `${node.name} is not an attribute`, allowed: ROOTS.join(", ") };
  if (node.kind === "call") {
    const counts = Object.hasOwn(FUNCTIONS, node.name) ? FUNCTIONS[node.name] : undefined;
    if (counts === undefined)
      return {
        at: node.at,
        message: `the function ${node.name}() is not known to Envoy's access log`,
        allowed: Object.keys(FUNCTIONS).join(", "),
      };
    if (!counts.includes(node.args.length))
      return {
        at: node.at,
        message: `${node.name}() takes ${counts.join(" or ")} argument${counts.length > 1 ? "s" : ""}`,
      };
    if (node.name === "has" && node.args[0]?.kind !== "select")
      return {
        at: node.at,
        message: "has() asks for a field",
        fix: "write has(request.headers.name), or 'name' in request.headers",
      };
  }
  if (node.kind === "operator" && node.operator === "+" && node.args.some(isText))
    return { at: node.at, message: "Envoy's access log cannot put texts together" };
  for (const child of children(node)) {
    const problem = findProblem(child);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isText(node: CelNode): boolean {
  return node.kind === "literal" && typeof node.value === "string";
}

function children(node: CelNode): readonly CelNode[] {
  switch (node.kind) {
    case "select":
      return [node.of];
    case "index":
      return [node.of, node.index];
    case "call":
      return node.target === undefined ? node.args : [node.target, ...node.args];
    case "operator":
      return node.args;
    case "list":
      return node.items;
    case "literal":
    case "name":
      return [];
    default:
      return node satisfies never;
  }
}

const TURNED: Partial<Record<CelOperator, CelOperator>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "==": "==",
  "!=": "!=",
};

/** Undefined where Envoy has no filter of its own for it. */
function native(node: CelNode): AccessLogCondition | undefined {
  if (node.kind !== "operator") return undefined;
  const { operator, args } = node;
  const [left, right] = args;
  if (left === undefined || right === undefined) return undefined;
  if (operator === "&&" || operator === "||") {
    const parts = [native(left), native(right)];
    const known = parts.filter((part) => part !== undefined);
    if (known.length < 2) return undefined;
    return operator === "&&" ? { allOf: known } : { anyOf: known };
  }
  if (operator === "in") return headerIn(left, right);
  const turned = TURNED[operator];
  if (turned === undefined) return undefined;
  if (left.kind === "literal") return comparison(turned, right, left);
  return comparison(operator, left, right);
}

function comparison(operator: CelOperator, subject: CelNode, value: CelNode): AccessLogCondition | undefined {
  if (value.kind !== "literal") return undefined;
  if (dottedName(subject) === "response.code" && Number.isSafeInteger(value.value))
    return codeIs(operator, Number(value.value));
  const header = headerName(subject);
  // An absent header is an error in CEL, which logs nothing: so inequality has no filter.
  if (header !== undefined && typeof value.value === "string" && value.value !== "" && operator === "==")
    return { header, value: value.value };
  return undefined;
}

function codeIs(operator: CelOperator, value: number): AccessLogCondition | undefined {
  if (value < 1 || value > 999) return undefined;
  if (operator === "==") return { code: { at: "exactly", value } };
  if (operator === ">=") return { code: { at: "least", value } };
  if (operator === ">") return { code: { at: "least", value: value + 1 } };
  if (operator === "<=") return { code: { at: "most", value } };
  if (operator === "<") return { code: { at: "most", value: value - 1 } };
  return undefined;
}

function headerIn(key: CelNode, map: CelNode): AccessLogCondition | undefined {
  if (key.kind !== "literal" || typeof key.value !== "string" || !/^[-\w]+$/.test(key.value)) return undefined;
  return dottedName(map) === "request.headers" ? { header: key.value.toLowerCase() } : undefined;
}

function headerName(node: CelNode): string | undefined {
  if (node.kind !== "index" || dottedName(node.of) !== "request.headers") return undefined;
  const { index } = node;
  return index.kind === "literal" && typeof index.value === "string" && /^[-\w]+$/.test(index.value)
    ? index.value.toLowerCase()
    : undefined;
}
