// An object of a stream serves a later one. What the author gave a field as its first value is true of every stream: so
// `reset()` brings back each field whose first value costs nothing to make, and the author remembers only the others.

import { CommonFlags, LiteralKind, Node, NodeKind, Token } from "assemblyscript";
import { visit } from "./ast.mjs";
import { baseName, classesOf, derivedFrom, methodsOf } from "./classes.mjs";

/** The classes whose objects are used again. */
const STREAMS = ["HttpContext", "TcpContext"];

/** Adds to the author's classes what `reset()` does before the author's own. */
export function resetFields(sources) {
  const classes = sources.flatMap(classesOf);
  const model = classes.find(({ name }) => name.text === "StreamContext");
  const base = model && methodsOf(model).find(({ name }) => name.text === "reset");
  if (!base) return;
  for (const declaration of derivedFrom(classes, STREAMS)) {
    const statements = fieldsOf(declaration).map(assignment);
    // The base's fields as well, where the base is the author's.
    if (!STREAMS.includes(baseName(declaration))) statements.unshift(resetAbove(declaration));
    const own = methodsOf(declaration).find(({ name }) => name.text === "reset");
    if (own) own.body.statements.unshift(...statements);
    else if (statements.length > 0) declaration.members.push(resetMethod(declaration, base, statements));
  }
}

const FIXED = CommonFlags.Static | CommonFlags.Readonly;

/** Those with a first value that is no object made for this one; what a constructor sets is the constructor's. */
function fieldsOf(declaration) {
  const constructed = new Set();
  for (const { name, body } of methodsOf(declaration)) {
    if (name.text !== "constructor" || !body) continue;
    visit(body, (node) => {
      if (isAssignmentToThis(node)) constructed.add(node.left.property.text);
    });
  }
  return declaration.members.filter(
    (member) =>
      member.kind === NodeKind.FieldDeclaration &&
      member.initializer !== null &&
      !(member.flags & FIXED) &&
      !constructed.has(member.name.text) &&
      isPlain(member.initializer),
  );
}

function isAssignmentToThis(node) {
  return (
    node.kind === NodeKind.Binary &&
    node.operator === Token.Equals &&
    node.left.kind === NodeKind.PropertyAccess &&
    node.left.expression.kind === NodeKind.This
  );
}

const PLAIN_LITERALS = new Set([LiteralKind.Integer, LiteralKind.Float, LiteralKind.String]);

/** Make nothing: a static view, and a number that counts as an object. */
const PLAIN_CALLS = new Set(["utf8", "changetype"]);

function isPlain(node) {
  switch (node.kind) {
    case NodeKind.Literal:
      return PLAIN_LITERALS.has(node.literalKind);
    case NodeKind.Null:
    case NodeKind.True:
    case NodeKind.False:
    case NodeKind.Identifier:
      return true;
    case NodeKind.UnaryPrefix:
      return isPlain(node.operand);
    case NodeKind.PropertyAccess:
      return isPlain(node.expression);
    case NodeKind.Call:
      return PLAIN_CALLS.has(node.expression.text) && node.args.every(isPlain);
    default:
      return false;
  }
}

/** `this.field = value;` */
function assignment({ name, initializer, range }) {
  const field = Node.createPropertyAccessExpression(Node.createThisExpression(range), name, range);
  return Node.createExpressionStatement(Node.createBinaryExpression(Token.Equals, field, initializer, range));
}

/** `super.reset();` */
function resetAbove({ range }) {
  const name = Node.createIdentifierExpression("reset", range);
  const above = Node.createPropertyAccessExpression(Node.createSuperExpression(range), name, range);
  return Node.createExpressionStatement(Node.createCallExpression(above, null, [], range));
}

/** `reset(): void { ... }` */
function resetMethod({ range }, base, statements) {
  const name = Node.createIdentifierExpression("reset", range);
  const body = Node.createBlockStatement(statements, range);
  return Node.createMethodDeclaration(name, null, base.flags, null, base.signature, body, range);
}
