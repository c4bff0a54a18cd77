// log(level, "a" + b) builds its message whether or not the host wants it. Where that costs something, the call is put
// behind the question for the level, as an author would who thinks of it: if (logEnabled(level)) log(level, "a" + b).

import { LiteralKind, Node, NodeKind } from "assemblyscript";
import { importsOf, visit } from "./ast.mjs";

/** Guards the log statements of one of the author's sources. */
export function guardLogs(source) {
  const nameOf = (foreign) => importsOf(source).find(({ foreignName }) => foreignName.text === foreign)?.name.text;
  const log = nameOf("log");
  if (log === undefined) return;
  const guarded = guardedNodes(source, nameOf("logEnabled"));
  visit(source, (node) => {
    for (const [field, value] of Object.entries(node)) {
      if (Array.isArray(value)) node[field] = value.map((item) => guard(item, log, guarded));
      else if (value?.kind === NodeKind.Expression) node[field] = guard(value, log, guarded);
    }
  });
}

/** The statements that the author put behind the question already. */
function guardedNodes(source, logEnabled) {
  const guarded = new Set();
  if (logEnabled === undefined) return guarded;
  visit(source, (node) => {
    if (node.kind !== NodeKind.If) return;
    visit(node.condition, (part) => {
      if (part.kind === NodeKind.Call && part.expression.text === logEnabled) {
        visit(node.ifTrue, (inside) => guarded.add(inside));
      }
    });
  });
  return guarded;
}

function guard(statement, log, guarded) {
  if (statement?.kind !== NodeKind.Expression || guarded.has(statement)) return statement;
  const call = statement.expression;
  if (call.kind !== NodeKind.Call || call.expression.text !== log || call.args.length !== 2) return statement;
  const [level, message] = call.args;
  if (!isSimple(level) || isAlwaysOn(level) || isCheap(message)) return statement;
  guarded.add(statement);
  const { range } = statement;
  const [object, method] = ["__ProxyWasmLog", "enabled"].map((text) => Node.createIdentifierExpression(text, range));
  const enabled = Node.createPropertyAccessExpression(object, method, range);
  const question = Node.createCallExpression(enabled, null, [level], range);
  return Node.createIfStatement(question, statement, null, range);
}

/** May be asked for twice. */
function isSimple(node) {
  if (node.kind === NodeKind.PropertyAccess) return isSimple(node.expression);
  return node.kind === NodeKind.Identifier || node.kind === NodeKind.This;
}

/** What hosts log at every level that anyone sets: the question would only make the module larger. */
function isAlwaysOn(level) {
  return level.kind === NodeKind.PropertyAccess && ["Error", "Critical"].includes(level.property.text);
}

/** Costs nothing to make. */
function isCheap(node) {
  if (node.kind === NodeKind.Literal) return node.literalKind === LiteralKind.String;
  if (node.kind === NodeKind.Call) return isLiteralView(node.expression);
  return isSimple(node);
}

/** What utf8("...") has become. */
function isLiteralView(callee) {
  return callee.kind === NodeKind.PropertyAccess && callee.expression.text === "__ProxyWasmLiteral";
}
