// A walk through a source that knows which declaration a name refers to. asc has not resolved anything yet when a
// transform may still report or change something: so these are the names as they are written, not their types.

import { NodeKind } from "assemblyscript";

/** What a name was declared as. `scope.owner` is the function that it belongs to; undefined at top level. */
class Scope {
  names = new Map();

  constructor(outer, owner, classDeclaration) {
    this.outer = outer;
    this.owner = owner;
    this.classDeclaration = classDeclaration;
  }

  declare(name, type, initializer) {
    this.names.set(name.text, { type, initializer, scope: this });
  }

  /** The declaration of a name that is local to some function; undefined for top level and unknown names. */
  find(name) {
    const found = this.names.get(name);
    if (found) return found.scope.owner ? found : undefined;
    return this.outer?.find(name);
  }
}

/**
 * Visits every statement and expression with the scope that it stands in, outside first. Types, and names that are no
 * expressions (a property's, a label), are not visited.
 * @param {(node: object, scope: Scope) => void} visitor
 */
export function walkScopes(source, visitor) {
  const top = new Scope(undefined, undefined, undefined);
  for (const statement of source.statements) walk(statement, top, visitor);
}

const SKIPPED = new Set([
  NodeKind.NamedType,
  NodeKind.FunctionType,
  NodeKind.TypeName,
  NodeKind.TypeParameter,
  NodeKind.Decorator,
  NodeKind.Import,
  NodeKind.Export,
  NodeKind.InterfaceDeclaration,
  NodeKind.EnumDeclaration,
  NodeKind.TypeDeclaration,
]);

function walk(node, scope, visitor) {
  if (SKIPPED.has(node.kind)) return;
  visitor(node, scope);
  if (isFunction(node)) return walkFunction(node, scope, visitor);
  const inside = innerScope(node, scope);
  for (const child of childrenOf(node)) walk(child, inside, visitor);
}

function isFunction(node) {
  return node.kind === NodeKind.FunctionDeclaration || node.kind === NodeKind.MethodDeclaration;
}

function walkFunction(declaration, outer, visitor) {
  const scope = new Scope(outer, declaration, outer.classDeclaration);
  for (const parameter of declaration.signature.parameters) scope.declare(parameter.name, parameter.type, undefined);
  for (const { initializer } of declaration.signature.parameters) if (initializer) walk(initializer, scope, visitor);
  if (declaration.body) walk(declaration.body, scope, visitor);
}

/** Blocks and loops have names of their own, which are known from their beginning on; so has a class its fields. */
function innerScope(node, outer) {
  if (node.kind === NodeKind.ClassDeclaration) return new Scope(outer, outer.owner, node);
  const statements = statementsOf(node);
  if (!statements) return outer;
  const scope = new Scope(outer, outer.owner, outer.classDeclaration);
  for (const statement of statements) {
    if (statement.kind === NodeKind.Variable) {
      for (const { name, type, initializer } of statement.declarations) scope.declare(name, type, initializer);
    } else if (statement.kind === NodeKind.FunctionDeclaration) scope.declare(statement.name, null, undefined);
  }
  return scope;
}

function statementsOf(node) {
  if (node.kind === NodeKind.Block || node.kind === NodeKind.SwitchCase) return node.statements;
  if (node.kind === NodeKind.For && node.initializer) return [node.initializer];
  if (node.kind === NodeKind.ForOf) return [node.variable];
  if (node.kind === NodeKind.Try) return [...node.bodyStatements, ...(node.catchStatements ?? [])];
  return undefined;
}

/** The nodes right below a node that are statements or expressions. */
function childrenOf(node) {
  if (node.kind === NodeKind.PropertyAccess) return [node.expression];
  if (node.kind === NodeKind.Break || node.kind === NodeKind.Continue) return [];
  const names = NAMED.has(node.kind) ? [node.name, node.type] : [];
  return Object.values(node)
    .flat()
    .filter((value) => value?.kind !== undefined && "range" in value && !names.includes(value));
}

/** Declarations, whose name is no expression. */
const NAMED = new Set([
  NodeKind.ClassDeclaration,
  NodeKind.FieldDeclaration,
  NodeKind.VariableDeclaration,
  NodeKind.NamespaceDeclaration,
]);
