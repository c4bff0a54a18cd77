import { toBytes, toText } from "./bytes.ts";
import { encodePairs } from "./pairs.ts";

/**
 * A property's value, or a tree of them. A whole number is an integer, any other a double; use a bigint where an integer
 * may be large, and bytes for a serialised message.
 */
export type PropertyValue = string | number | bigint | boolean | Uint8Array | readonly PropertyValue[] | PropertyTree;

/** Properties by path segment: `{ request: { method: "GET" } }` is the path `request\0method`. */
export interface PropertyTree {
  readonly [segment: string]: PropertyValue | undefined;
}

/** The segments of a path as a module sends it. One trailing NUL is taken off, as some SDKs add one. */
export function splitPropertyPath(path: Uint8Array): string[] {
  const segments = toText(path).split("\0");
  return segments.length > 1 && segments.at(-1) === "" ? segments.slice(0, -1) : segments;
}

/** The value at a path, or undefined. A path may end at a whole map. */
export function findProperty(tree: PropertyTree, path: readonly string[]): PropertyValue | undefined {
  let at: PropertyValue | undefined = tree;
  for (const segment of path) {
    if (!isTree(at) || !Object.hasOwn(at, segment)) return undefined;
    at = at[segment];
  }
  return at;
}

/**
 * The bytes that Envoy hands to a module: text and bytes as they are, numbers 8 bytes little-endian, a bool 1 byte, a map
 * as pairs, a list as pairs with each element in the key.
 */
export function encodeProperty(value: PropertyValue): Uint8Array {
  if (typeof value === "string" || value instanceof Uint8Array) return toBytes(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (typeof value === "bigint") return eightBytes((view) => view.setBigInt64(0, value, true));
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return encodeProperty(BigInt(value));
    return eightBytes((view) => view.setFloat64(0, value, true));
  }
  if (!isTree(value)) return encodePairs(value.map((element) => [encodeProperty(element), new Uint8Array(0)]));
  const entries = Object.entries(value).filter((entry): entry is [string, PropertyValue] => entry[1] !== undefined);
  return encodePairs(entries.map(([key, element]) => [toBytes(key), encodeProperty(element)]));
}

function eightBytes(write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(8);
  write(new DataView(bytes.buffer));
  return bytes;
}

/** Whether a value is a map. */
export function isTree(value: PropertyValue | undefined): value is PropertyTree {
  return typeof value === "object" && !(value instanceof Uint8Array) && !Array.isArray(value);
}
