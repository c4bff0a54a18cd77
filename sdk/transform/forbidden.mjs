// Code that asc compiles to an import which no proxy has, or to something else than it seems to be: said here with
// the place in the source, instead of by a proxy that refuses the module.

import { DiagnosticCode, NodeKind } from "assemblyscript";
import { importsOf, visit } from "./ast.mjs";

/** What to write instead, by object and property. */
const PROPERTIES = new Map([
  ["Date.now", "use nowNanoseconds()"],
  ["Math.random", "use randomU64()"],
  ["console.*", "use log()"],
  ["process.*", "a filter has no process: use the SDK's functions"],
  ["performance.*", "use nowNanoseconds()"],
  ["crypto.*", "use randomU64(), or a foreign function of the host"],
]);

const FUNCTIONS = new Map([["trace", "use log()"]]);

/** Reports each use in a source to asc, as an error with its place. */
export function reportForbidden(parser, source) {
  const own = new Set([...importsOf(source), ...source.statements].map((declared) => declared.name?.text));
  visit(source, (node) => {
    const advice = adviceFor(node, own);
    if (advice) parser.error(DiagnosticCode.User_defined_0, node.range, `not available in a proxy: ${advice}`);
  });
}

function adviceFor(node, own) {
  if (node.kind === NodeKind.Call && isFree(node.expression, own)) return FUNCTIONS.get(node.expression.text);
  if (node.kind !== NodeKind.PropertyAccess || !isFree(node.expression, own)) return undefined;
  const object = node.expression.text;
  return PROPERTIES.get(`${object}.${node.property.text}`) ?? PROPERTIES.get(`${object}.*`);
}

/** A name that the source neither declares at top level nor imports. */
function isFree(expression, own) {
  return expression.kind === NodeKind.Identifier && !own.has(expression.text);
}
