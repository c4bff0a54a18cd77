// Bytes of a host call kept in a field of a context: there in the callback, overwritten by the next one.

import { DiagnosticCode, NodeKind, Token } from "assemblyscript";
import { classesOf, derivedFrom } from "./classes.mjs";
import { factOf } from "./facts.mjs";
import { walkScopes } from "./scopes.mjs";

/** The classes whose objects live longer than a callback. */
const CONTEXTS = ["HttpContext", "PluginContext", "TcpContext"];

/** Reports each such assignment in the author's sources. */
export function reportKeptViews(parser, sources) {
  const contexts = derivedFrom(sources.flatMap(classesOf), CONTEXTS);
  for (const source of sources) {
    walkScopes(source, (node, scope) => {
      if (!contexts.has(scope.classDeclaration) || !isFieldAssignment(node)) return;
      if (!factOf(node.right, scope)?.view) return;
      const field = node.left.property.text;
      const message = `this.${field} would keep bytes that are gone when the callback returns: keep a copy, .toArray() or .copy()`;
      parser.error(DiagnosticCode.User_defined_0, node.range, message);
    });
  }
}

function isFieldAssignment(node) {
  return (
    node.kind === NodeKind.Binary &&
    node.operator === Token.Equals &&
    node.left.kind === NodeKind.PropertyAccess &&
    node.left.expression.kind === NodeKind.This
  );
}
