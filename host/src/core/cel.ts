import { toText } from "../abi/bytes.ts";
import { isTree, type PropertyTree, type PropertyValue } from "../abi/property.ts";
import type { Expression } from "./cel-parser.ts";

/** Finds an attribute by its path. */
export type Lookup = (path: readonly string[]) => PropertyValue | undefined;

/** An attribute that has been named, but not yet read: `request.headers` may go on by `["x-user"]`. */
interface Reference {
  readonly path: readonly string[];
}

/** The value of an expression; undefined for an attribute that there is not, or for kinds that do not go together. */
export function evaluate(expression: Expression, lookup: Lookup): PropertyValue | undefined {
  if (expression.kind === "literal") return expression.value;
  if (expression.kind === "list") return listOf(expression.items, lookup);
  if (expression.kind === "call") return callOf(expression.name, expression.args, lookup);
  const reference = referenceOf(expression, lookup);
  if (reference !== undefined) return lookup(reference.path);
  return expression.kind === "select" ? selected(expression.of, expression.key, lookup) : undefined;
}

function referenceOf(expression: Expression, lookup: Lookup): Reference | undefined {
  if (expression.kind === "name") return { path: [expression.name] };
  if (expression.kind !== "select") return undefined;
  const of = referenceOf(expression.of, lookup);
  const key = evaluate(expression.key, lookup);
  return of === undefined || typeof key !== "string" ? undefined : { path: [...of.path, key] };
}

function selected(of: Expression, key: Expression, lookup: Lookup): PropertyValue | undefined {
  const whole = evaluate(of, lookup);
  const at = evaluate(key, lookup);
  if (Array.isArray(whole) && typeof at === "bigint") return elementAt(whole, Number(at));
  return isTree(whole) && typeof at === "string" ? whole[at] : undefined;
}

function elementAt(list: readonly PropertyValue[], index: number): PropertyValue | undefined {
  return list[index];
}

function listOf(items: readonly Expression[], lookup: Lookup): PropertyValue | undefined {
  const values = items.map((item) => evaluate(item, lookup)).filter((value) => value !== undefined);
  return values.length === items.length ? values : undefined;
}

function callOf(name: string, args: readonly Expression[], lookup: Lookup): PropertyValue | undefined {
  const [first, second] = args;
  if (first === undefined) return undefined;
  const left = plain(evaluate(first, lookup));
  // Of these two the one side may decide whatever the other is.
  if (name === "&&" || name === "||") {
    const right = second === undefined ? undefined : evaluate(second, lookup);
    const decisive = name === "||";
    if (left === decisive || right === decisive) return decisive;
    return left === undefined || right === undefined ? undefined : !decisive;
  }
  if (name === "has") return left !== undefined;
  if (left === undefined) return undefined;
  if (second === undefined) return unary(name, left);
  const right = plain(evaluate(second, lookup));
  return right === undefined ? undefined : binary(name, left, right);
}

/** Whole numbers as a bigint, as CEL's int; a double stays one. */
function plain(value: PropertyValue | undefined): PropertyValue | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function unary(name: string, value: PropertyValue): PropertyValue | undefined {
  if (name === "!") return typeof value === "boolean" ? !value : undefined;
  if (name === "negate") return typeof value === "bigint" || typeof value === "number" ? -value : undefined;
  if (name === "size") return sizeOf(value);
  if (name === "string" && (typeof value === "string" || typeof value === "bigint")) return String(value);
  if (name === "int" && typeof value === "string" && /^-?\d+$/.test(value)) return BigInt(value);
  return undefined;
}

function sizeOf(value: PropertyValue): bigint | undefined {
  if (typeof value === "string") return BigInt(Array.from(value).length);
  if (value instanceof Uint8Array || Array.isArray(value)) return BigInt(value.length);
  return isTree(value) ? BigInt(Object.keys(value).length) : undefined;
}

function binary(name: string, left: PropertyValue, right: PropertyValue): PropertyValue | undefined {
  if (name === "==") return equal(left, right);
  if (name === "!=") return !equal(left, right);
  if (name === "in") return within(left, right);
  if (typeof left === "string" && typeof right === "string") return ofTexts(name, left, right);
  if (typeof left === "bigint" && typeof right === "bigint") return ofInts(name, left, right);
  return typeof left === "number" && typeof right === "number" ? compared(name, left, right) : undefined;
}

function equal(left: PropertyValue, right: PropertyValue): boolean {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return toText(left) === toText(right);
  return left === right;
}

function within(item: PropertyValue, all: PropertyValue): boolean | undefined {
  if (Array.isArray(all)) return all.some((other: PropertyValue) => equal(item, other));
  return isTree(all) && typeof item === "string" ? hasKey(all, item) : undefined;
}

function hasKey(tree: PropertyTree, key: string): boolean {
  return Object.hasOwn(tree, key) && tree[key] !== undefined;
}

function ofTexts(name: string, left: string, right: string): PropertyValue | undefined {
  if (name === "+") return left + right;
  if (name === "startsWith") return left.startsWith(right);
  if (name === "endsWith") return left.endsWith(right);
  if (name === "contains") return left.includes(right);
  if (name === "matches") return matches(left, right);
  return compared(name, left, right);
}

function matches(text: string, pattern: string): boolean | undefined {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return undefined;
  }
}

function ofInts(name: string, left: bigint, right: bigint): PropertyValue | undefined {
  if (name === "+") return left + right;
  if (name === "-") return left - right;
  if (name === "*") return left * right;
  if (name === "/") return right === 0n ? undefined : left / right;
  if (name === "%") return right === 0n ? undefined : left % right;
  return compared(name, left, right);
}

function compared<T extends string | bigint | number>(name: string, left: T, right: T): boolean | undefined {
  if (name === "<") return left < right;
  if (name === "<=") return left <= right;
  if (name === ">") return left > right;
  return name === ">=" ? left >= right : undefined;
}
