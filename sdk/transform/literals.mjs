// utf8("literal") becomes bytes in the module's static data and a view on them, also in static memory:
//   __ProxyWasmLiteral.at(memory.data(8, 4), memory.data<u8>([...]), length)
// At top level that costs two stores when the module starts, and inside of a function two stores each time.

import { LiteralKind, Node, NodeKind } from "assemblyscript";
import { importsOf, visit } from "./ast.mjs";

const encoder = new TextEncoder();

/** Replaces the calls in a source that imports `utf8`, under whatever name. */
export function encodeLiterals(source) {
  const name = importsOf(source).find((declaration) => declaration.foreignName.text === "utf8")?.name.text;
  if (name === undefined) return;
  visit(source, (node) => {
    if (node.kind === NodeKind.Call) encodeCall(node, name);
  });
}

function encodeCall(call, name) {
  const [argument] = call.args;
  const isCall = call.expression.kind === NodeKind.Identifier && call.expression.text === name;
  if (!isCall || call.args.length !== 1 || argument.kind !== NodeKind.Literal) return;
  if (argument.literalKind !== LiteralKind.String) return;
  const bytes = [...encoder.encode(argument.value)];
  const { range } = call;
  call.expression = property("__ProxyWasmLiteral", "at", range);
  call.args = [
    memoryData(null, [integer(8, range), integer(4, range)], range),
    bytes.length > 0 ? memoryData("u8", [byteArray(bytes, range)], range) : integer(0, range),
    integer(bytes.length, range),
  ];
}

function memoryData(elementType, args, range) {
  const types = elementType
    ? [Node.createNamedType(Node.createSimpleTypeName(elementType, range), null, false, range)]
    : null;
  return Node.createCallExpression(property("memory", "data", range), types, args, range);
}

function property(object, name, range) {
  const [left, right] = [object, name].map((text) => Node.createIdentifierExpression(text, range));
  return Node.createPropertyAccessExpression(left, right, range);
}

function byteArray(bytes, range) {
  const elements = bytes.map((byte) => integer(byte, range));
  return Node.createArrayLiteralExpression(elements, range);
}

function integer(value, range) {
  // asc keeps integers as 64-bit objects of its own, which it makes with this global function.
  return Node.createIntegerLiteralExpression(globalThis.i64_new(value, 0), range);
}
