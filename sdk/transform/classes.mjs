// The author's classes and what they inherit from, by name.

import { NodeKind } from "assemblyscript";
import { importsOf } from "./ast.mjs";

/** The classes that a source declares. */
export function classesOf(source) {
  return source.statements.filter((statement) => statement.kind === NodeKind.ClassDeclaration);
}

/** The name that a class's base is declared with: `import { HttpContext as Base }` is undone. */
export function baseName(declaration) {
  let name = declaration.extendsType?.name;
  if (!name) return undefined;
  while (name.next) name = name.next;
  const local = name.identifier.text;
  const imported = importsOf(declaration.range.source).find((candidate) => candidate.name.text === local);
  return imported ? imported.foreignName.text : local;
}

/** Those of the classes that inherit from one of the named ones, also by way of another class. */
export function derivedFrom(classes, names) {
  const bases = new Set(names);
  const derived = new Set();
  // A class may stand before its base: go on until no new class is found.
  for (let before = -1; before !== derived.size;) {
    before = derived.size;
    for (const declaration of classes.filter((candidate) => bases.has(baseName(candidate)))) {
      bases.add(declaration.name.text);
      derived.add(declaration);
    }
  }
  return derived;
}

/** The methods that a class declares with a body. */
export function methodsOf(declaration) {
  return declaration.members.filter((member) => member.kind === NodeKind.MethodDeclaration);
}
