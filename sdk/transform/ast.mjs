// What the parts of the transform share: finding their way in asc's syntax trees.

import { NodeKind } from "assemblyscript";

/** Visits a node and all nodes below it, each once. Fields differ between kinds: every field that holds nodes counts. */
export function visit(node, visitor, seen = new Set()) {
  if (seen.has(node)) return;
  seen.add(node);
  visitor(node);
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (isNode(item)) visit(item, visitor, seen);
    }
  }
}

function isNode(value) {
  return typeof value === "object" && value !== null && typeof value.kind === "number" && "range" in value;
}

/** The imports of a source, one for each name: `foreignName` there, `name` here. */
export function importsOf(source) {
  return source.statements.flatMap((statement) => (statement.kind === NodeKind.Import && statement.declarations) || []);
}

/** True for what asc brings itself, false for the filter's sources and for packages. */
export function isStandardLibrary(source) {
  return /^~lib\/([^/]+\.ts$|(rt|util|shared|bindings)\/)/.test(source.normalizedPath);
}

/** The SDK's folder as asc names it; undefined when nothing of it is compiled. */
export function sdkFolder(sources) {
  const wire = sources.find((source) => source.normalizedPath.endsWith(LITERALS) && declaresLiterals(source));
  return wire?.normalizedPath.slice(0, -LITERALS.length);
}

const LITERALS = "/wire/utf8.ts";

function declaresLiterals(source) {
  return source.statements.some((statement) => statement.name?.text === "__ProxyWasmLiteral");
}

/** The SDK's own sources; its tests' are filters like any other. */
export function isOfSdk(source, sdk) {
  return source.normalizedPath.startsWith(`${sdk}/`) && !source.normalizedPath.startsWith(`${sdk}/tests/`);
}

/** The author's own sources, not a package's. */
export function isOwn(source) {
  return !source.normalizedPath.startsWith("~lib/");
}
