import { Cursor, Malformed } from "./cursor.ts";
import { readCustom } from "./read-custom.ts";
import { type Contents, readSection, SECTION_NAMES } from "./read-section.ts";
import type { WasmError, WasmModule, WasmSection } from "./module.ts";

const MAGIC = 0x6d736100;
const CORE_VERSION = 1;
const COMPONENT_VERSION = 0x1000d;
const CUSTOM = 0;

/**
 * Reads a module: all that is outside of its functions' code. Never throws, whatever the bytes are, and takes time in
 * proportion to their number. It is no validator: what a function's code does is not looked at.
 */
export function readModule(bytes: Uint8Array): WasmModule | WasmError {
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const at = `0x${error.offset.toString(16)}`;
    return { ok: false, error: `no WebAssembly module: ${error.message}, at ${at}`, offset: error.offset };
  }
}

function read(bytes: Uint8Array): WasmModule {
  const cursor = new Cursor(bytes);
  readHeader(cursor);
  const contents: Contents = {
    types: [],
    imports: [],
    functionTypes: [],
    bodies: [],
    exports: [],
    memories: [],
    globals: [],
    start: undefined,
  };
  const custom = { functionNames: new Map<number, string>(), producers: [], problems: [] as string[] };
  const names: { name?: string; sourceMappingUrl?: string } = {};
  const sections: WasmSection[] = [];
  while (!cursor.done) {
    const section = openSection(cursor);
    sections.push(section);
    const inside = new Cursor(bytes, section.offset, section.end);
    if (section.id === CUSTOM) Object.assign(names, readCustom(section.name, inside, custom));
    else readSection(section.id, inside, contents);
  }
  const { types, imports, exports, memories, globals, start } = contents;
  return {
    ok: true,
    bytes,
    sections,
    types,
    imports,
    functions: functionsOf(contents, custom.functionNames, cursor),
    exports,
    memories,
    globals,
    start,
    ...custom,
    name: names.name,
    sourceMappingUrl: names.sourceMappingUrl,
  };
}

function readHeader(cursor: Cursor): void {
  const word = (): number => cursor.byte() + cursor.byte() * 2 ** 8 + cursor.byte() * 2 ** 16 + cursor.byte() * 2 ** 24;
  if (word() !== MAGIC) cursor.fail("it does not begin with \\0asm", 0);
  const version = word();
  if (version === COMPONENT_VERSION) cursor.fail("it is a component, and a proxy takes core modules only", 4);
  if (version !== CORE_VERSION) cursor.fail(`version ${version}, where only 1 is known`, 4);
}

/** A section's place; the cursor goes behind it. */
function openSection(cursor: Cursor): WasmSection {
  const start = cursor.at;
  const id = cursor.byte();
  const size = cursor.u32();
  const inside = cursor.part(size);
  const known = SECTION_NAMES[id];
  if (id !== CUSTOM && known === undefined) cursor.fail(`${id} is no section's id`, start);
  const name = known ?? inside.name();
  return { id, name, offset: inside.at, size: inside.end - inside.at, start, end: inside.end };
}

function functionsOf(contents: Contents, names: ReadonlyMap<number, string>, cursor: Cursor): WasmModule["functions"] {
  const { functionTypes, bodies, types, imports } = contents;
  if (functionTypes.length !== bodies.length) {
    cursor.fail(`${functionTypes.length} functions are declared, and ${bodies.length} have code`);
  }
  const first = imports.filter(({ kind }) => kind === "function").length;
  return functionTypes.map((typeIndex, order) => {
    const index = first + order;
    const type = types[typeIndex] ?? cursor.fail(`function ${index} has type ${typeIndex} of ${types.length}`);
    const body = bodies[order];
    return {
      index,
      name: names.get(index),
      typeIndex,
      type,
      bodyOffset: body?.offset ?? 0,
      bodySize: body?.size ?? 0,
    };
  });
}
