// What can be said of an expression's value from the text alone: that it is a string, or bytes, and how long bytes live.

import { AssertionKind, LiteralKind, NodeKind, Token } from "assemblyscript";
import { importsOf } from "./ast.mjs";

/** @typedef {{ type: "string" | "bytes", nullable?: boolean, view?: boolean }} Fact `view`: dies with the callback */

const STRING_METHODS = new Set(["toString", "substring", "trim", "toLowerCase", "toUpperCase", "padStart", "concat"]);
/** Functions of the SDK that answer bytes of the host. */
const VIEW_FUNCTIONS = new Set(["getProperty", "callForeignFunction", "sign", "signPem", "compress", "uncompress"]);
/** Methods of the SDK's objects that answer bytes, by how the object is known. */
const VIEW_METHODS = new Map([
  ["object", new Set(["get", "header", "trailer", "body", "dequeue"])],
  ["class", new Set(["encode", "wrap", "of"])],
]);
/** What makes bytes that outlive the callback. */
const KEEPING_METHODS = new Set(["copy", "toArray"]);

/** @returns {Fact | undefined} */
export function factOf(expression, scope) {
  switch (expression.kind) {
    case NodeKind.Parenthesized:
      return factOf(expression.expression, scope);
    case NodeKind.Literal:
      return isText(expression) ? { type: "string" } : undefined;
    case NodeKind.Assertion:
      return assertionFact(expression, scope);
    case NodeKind.Ternary:
      return eitherFact(factOf(expression.ifThen, scope), factOf(expression.ifElse, scope));
    case NodeKind.Binary:
      return binaryFact(expression, scope);
    case NodeKind.Call:
      return callFact(expression, scope);
    case NodeKind.Identifier:
      return nameFact(expression, scope);
    case NodeKind.PropertyAccess:
      return fieldFact(expression, scope);
    default:
      return undefined;
  }
}

function isText(literal) {
  return literal.literalKind === LiteralKind.String || literal.literalKind === LiteralKind.Template;
}

function assertionFact({ assertionKind, expression, toType }, scope) {
  const fact = factOf(expression, scope);
  if (assertionKind === AssertionKind.NonNull) return fact && { ...fact, nullable: false };
  return (toType && typeFact(toType)) ?? fact;
}

function eitherFact(first, second) {
  const known = first ?? second;
  return known && { ...known, view: Boolean(first?.view || second?.view) };
}

function binaryFact({ operator, left, right }, scope) {
  if (operator === Token.Bar_Bar) return eitherFact(factOf(left, scope), factOf(right, scope));
  const isString = (side) => factOf(side, scope)?.type === "string";
  return operator === Token.Plus && (isString(left) || isString(right)) ? { type: "string" } : undefined;
}

function callFact({ expression: callee }, scope) {
  if (callee.kind === NodeKind.Identifier) {
    const name = foreignName(callee);
    if (name === "utf8") return { type: "bytes" };
    return VIEW_FUNCTIONS.has(name) ? { type: "bytes", nullable: true, view: true } : undefined;
  }
  if (callee.kind !== NodeKind.PropertyAccess) return undefined;
  const method = callee.property.text;
  const object = factOf(callee.expression, scope);
  if (object?.type === "bytes") {
    if (KEEPING_METHODS.has(method)) return { type: "bytes" };
    if (method === "slice") return { type: "bytes", view: true };
  }
  if (STRING_METHODS.has(method)) return { type: "string" };
  return sdkMethodFact(callee, method, scope);
}

/** `requestHeaders.get(...)`, `RequestProperties.path()`, `Bytes.encode(...)`, `response.body()`. */
function sdkMethodFact({ expression: object }, method, scope) {
  if (object.kind !== NodeKind.Identifier) return undefined;
  const local = scope.find(object.text);
  const name = local ? typeName(local.type) : foreignName(object);
  if (name === undefined) return undefined;
  const isView = local
    ? name === "CallResponse" && VIEW_METHODS.get("object").has(method)
    : /Properties$|^StreamState$/.test(name) || VIEW_METHODS.get(name === "Bytes" ? "class" : "object").has(method);
  return isView ? { type: "bytes", nullable: name !== "Bytes", view: true } : undefined;
}

/** A local name: as it is declared. Bytes that a callback is given are views as well. */
function nameFact(identifier, scope) {
  const declared = scope.find(identifier.text);
  if (!declared) return undefined;
  const { type, initializer } = declared;
  if (initializer) {
    const fact = factOf(initializer, declared.scope);
    return type ? { ...typeFact(type), view: fact?.view } : fact;
  }
  const fact = type && typeFact(type);
  const callback = /^on[A-Z]/.test(declared.scope.owner.name.text);
  return fact?.type === "bytes" && callback ? { ...fact, view: true } : fact;
}

function fieldFact({ expression, property }, scope) {
  if (expression.kind !== NodeKind.This) return undefined;
  const field = scope.classDeclaration?.members.find(
    (member) => member.kind === NodeKind.FieldDeclaration && member.name.text === property.text,
  );
  return field?.type ? typeFact(field.type) : undefined;
}

/** @returns {Fact | undefined} */
function typeFact(type) {
  const name = typeName(type);
  if (name === "string") return { type: "string", nullable: type.isNullable };
  return name === "Bytes" ? { type: "bytes", nullable: type.isNullable } : undefined;
}

function typeName(type) {
  return type?.kind === NodeKind.NamedType && !type.name.next ? type.name.identifier.text : undefined;
}

/** The name that an identifier has where it is imported from; undefined when it is not. */
export function foreignName(identifier) {
  const imported = importsOf(identifier.range.source).find(({ name }) => name.text === identifier.text);
  return imported?.foreignName.text;
}
