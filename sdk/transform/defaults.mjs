// A default argument of an overridden method is the caller's: a call through the base class passes the base's default
// to the override. In JavaScript it would be the override's own.

import { DiagnosticCode } from "assemblyscript";
import { baseName, classesOf, methodsOf } from "./classes.mjs";

/** Reports an override whose default differs from what it overrides. */
export function reportDefaults(parser, sources) {
  const classes = sources.flatMap(classesOf);
  const byName = new Map(classes.map((declaration) => [declaration.name.text, declaration]));
  for (const declaration of classes) {
    for (const method of methodsOf(declaration)) {
      const overridden = findAbove(declaration, method.name.text, byName);
      if (overridden) compare(parser, overridden, method);
    }
  }
}

/** The nearest method of this name in the classes that a class inherits from. */
function findAbove(declaration, name, byName) {
  const seen = new Set([declaration]);
  for (let base = byName.get(baseName(declaration)); base && !seen.has(base); base = byName.get(baseName(base))) {
    seen.add(base);
    const method = methodsOf(base).find((candidate) => candidate.name.text === name);
    if (method) return { method, owner: base.name.text };
  }
  return undefined;
}

function compare(parser, { method: base, owner }, override) {
  for (const [index, parameter] of override.signature.parameters.entries()) {
    const inherited = base.signature.parameters[index]?.initializer;
    const own = parameter.initializer;
    if (!inherited || !own || textOf(inherited) === textOf(own)) continue;
    const message =
      `a call through ${owner} passes ${owner}'s default, ${textOf(inherited)}, not this one: ` +
      "give both the same default, or none";
    parser.error(DiagnosticCode.User_defined_0, parameter.range, message);
  }
}

function textOf({ range }) {
  return range.source.text.slice(range.start, range.end);
}
