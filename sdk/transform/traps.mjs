// What TypeScript's syntax promises and AssemblyScript does not keep: code that compiles to something else than it says,
// or that asc refuses without naming a way out. Each is an error with its place and what to write instead.

import { DiagnosticCode, NodeKind, Token } from "assemblyscript";
import { factOf } from "./facts.mjs";
import { walkScopes } from "./scopes.mjs";

const EMPTY_IS_TRUE = "an empty string counts as true here, other than in JavaScript";

const EQUALITY = new Map([
  [Token.Equals_Equals, "=="],
  [Token.Equals_Equals_Equals, "==="],
  [Token.Exclamation_Equals, "!="],
  [Token.Exclamation_Equals_Equals, "!=="],
]);

/** Reports them in one of the author's sources. */
export function reportTraps(parser, source) {
  const closures = new Set();
  walkScopes(source, (node, scope) => {
    const problem = problemOf(node, scope, closures);
    if (problem) parser.error(DiagnosticCode.User_defined_0, problem.range ?? node.range, problem.message);
  });
}

function problemOf(node, scope, closures) {
  switch (node.kind) {
    case NodeKind.Identifier:
    case NodeKind.This:
      return closureProblem(node, scope, closures);
    case NodeKind.Binary:
      return operatorProblem(node, scope);
    case NodeKind.If:
    case NodeKind.While:
    case NodeKind.Do:
    case NodeKind.For:
    case NodeKind.Ternary:
      return node.condition ? conditionProblem(node.condition, scope) : undefined;
    case NodeKind.Throw:
      return {
        message:
          "a throw ends the whole VM with every stream in it, and nothing can catch it: answer null or a status, " +
          "send a local response, or write assert() for what can't be",
      };
    case NodeKind.Try:
      return { message: "AssemblyScript has no try and catch, and the SDK throws nothing: ask for null or a status" };
    default:
      return undefined;
  }
}

/** Each name once for a function: the first use says it all. */
function closureProblem(node, scope, closures) {
  const user = scope.owner;
  const isThis = node.kind === NodeKind.This;
  const owner = isThis ? ownerOfThis(scope) : scope.find(node.text)?.scope.owner;
  if (!owner || owner === user) return undefined;
  const name = isThis ? "this" : node.text;
  const key = `${user.range.start}:${name}`;
  if (closures.has(key)) return undefined;
  closures.add(key);
  const what = isThis ? "'this' belongs to the method around" : `'${name}' is a local of the function around`;
  return {
    message: `no closures in AssemblyScript: ${what}; pass it as a parameter, or make a class with a field and a method of it`,
  };
}

/** The method around a function in it: the one that has a `this`. */
function ownerOfThis(scope) {
  let at = scope;
  while (at && at.owner?.kind !== NodeKind.MethodDeclaration) at = at.outer;
  return at?.owner;
}

function operatorProblem(node, scope) {
  const { operator, left, right } = node;
  if (operator === Token.Bar_Bar && isString(factOf(left, scope), factOf(right, scope))) {
    return {
      message: `${EMPTY_IS_TRUE}: in place of \`a || b\` write \`a.length > 0 ? a : b\`, after a check for null`,
    };
  }
  if (operator === Token.Ampersand_Ampersand) return conditionProblem(left, scope);
  return EQUALITY.has(operator) ? equalityProblem(node, scope) : undefined;
}

function isString(left, right) {
  return left?.type === "string" || (!left && right?.type === "string");
}

/** A string that may be null is asked for null in this way, which is well; another one is always true. */
function conditionProblem(condition, scope) {
  const fact = factOf(condition, scope);
  if (fact?.type !== "string" || fact.nullable) return undefined;
  return { range: condition.range, message: `${EMPTY_IS_TRUE}: write \`text.length > 0\`` };
}

function equalityProblem({ operator, left, right }, scope) {
  const [first, second] = [factOf(left, scope), factOf(right, scope)];
  if (first?.type !== "bytes" || second?.type !== "bytes") return undefined;
  const negated = operator === Token.Exclamation_Equals || operator === Token.Exclamation_Equals_Equals;
  return {
    message: `\`${EQUALITY.get(operator)}\` asks whether two Bytes are the same view, not whether they hold the same: write ${negated ? "!" : ""}a.equals(b)`,
  };
}
