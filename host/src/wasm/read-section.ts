import type { Cursor } from "./cursor.ts";
import { skipExpression } from "./instruction.ts";
import type { FunctionType, MemoryLimits, WasmExport, WasmGlobal, WasmImport } from "./module.ts";
import { readExternKind, readLimits, readMutability, readValueType, readValueTypes } from "./values.ts";

/** What the sections that are no custom ones bring together. */
export interface Contents {
  types: FunctionType[];
  imports: WasmImport[];
  /** The type's index of each function of the module's own. */
  functionTypes: number[];
  bodies: { readonly offset: number; readonly size: number }[];
  exports: WasmExport[];
  memories: MemoryLimits[];
  globals: WasmGlobal[];
  start: number | undefined;
}

/** By id; 0, a custom section, has a name of its own. */
export const SECTION_NAMES: Readonly<Record<number, string>> = {
  1: "type",
  2: "import",
  3: "function",
  4: "table",
  5: "memory",
  6: "global",
  7: "export",
  8: "start",
  9: "element",
  10: "code",
  11: "data",
  12: "data count",
  13: "tag",
};

const FUNCTION_TYPE = 0x60;

/** By id what is read of a section. Tables, elements, data and tags are only measured. */
const READERS: Readonly<Record<number, (cursor: Cursor, into: Contents) => void>> = {
  1: (cursor, into) => list(cursor, into.types, () => readFunctionType(cursor)),
  2: (cursor, into) => list(cursor, into.imports, () => readImport(cursor, into.types)),
  3: (cursor, into) => list(cursor, into.functionTypes, () => cursor.u32()),
  5: (cursor, into) => list(cursor, into.memories, () => readLimits(cursor)),
  6: (cursor, into) => list(cursor, into.globals, () => readGlobal(cursor)),
  7: (cursor, into) => list(cursor, into.exports, () => readExport(cursor)),
  8: (cursor, into) => {
    into.start = cursor.u32();
  },
  10: (cursor, into) => list(cursor, into.bodies, () => readBody(cursor)),
};

/** Reads a section to its last byte. Throws `Malformed`. */
export function readSection(id: number, cursor: Cursor, into: Contents): void {
  const read = READERS[id];
  if (read === undefined) return;
  read(cursor, into);
  if (!cursor.done) cursor.fail(`${cursor.end - cursor.at} bytes too many in the ${SECTION_NAMES[id]} section`);
}

function list<T>(cursor: Cursor, into: T[], read: () => T): void {
  const count = cursor.count();
  for (let index = 0; index < count; index++) into.push(read());
}

function readFunctionType(cursor: Cursor): FunctionType {
  const from = cursor.at;
  const form = cursor.byte();
  if (form !== FUNCTION_TYPE) cursor.fail(`0x${form.toString(16)} is no function type; proxies know no other`, from);
  return { params: readValueTypes(cursor), results: readValueTypes(cursor) };
}

function readImport(cursor: Cursor, types: readonly FunctionType[]): WasmImport {
  const module = cursor.name();
  const name = cursor.name();
  const kind = readExternKind(cursor);
  const from = cursor.at;
  if (kind === "function") {
    const index = cursor.u32();
    const type = types[index] ?? cursor.fail(`type ${index} of ${types.length}`, from);
    return { module, name, kind, type, limits: undefined };
  }
  if (kind === "table" || kind === "global") readValueType(cursor);
  const limits = kind === "table" || kind === "memory" ? readLimits(cursor) : undefined;
  if (kind === "global") readMutability(cursor);
  if (kind === "tag") {
    // An attribute, and the type of what is thrown.
    cursor.byte();
    cursor.u32();
  }
  return { module, name, kind, type: undefined, limits };
}

function readExport(cursor: Cursor): WasmExport {
  return { name: cursor.name(), kind: readExternKind(cursor), index: cursor.u32() };
}

function readGlobal(cursor: Cursor): WasmGlobal {
  const type = readValueType(cursor);
  const mutable = readMutability(cursor);
  skipExpression(cursor);
  return { type, mutable };
}

function readBody(cursor: Cursor): { offset: number; size: number } {
  const size = cursor.u32();
  const offset = cursor.at;
  cursor.skip(size);
  return { offset, size };
}
