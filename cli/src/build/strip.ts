import { readModule } from "@sluice/host/wasm";

const HEADER_SIZE = 8;
const CUSTOM = 0;

/** A module without its custom sections: the same code, and nothing that only tools read. */
export function stripCustomSections(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const module = readModule(bytes);
  if (!module.ok) return bytes;
  const kept = module.sections.filter(({ id }) => id !== CUSTOM).map(({ start, end }) => bytes.subarray(start, end));
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, HEADER_SIZE), ...kept]));
}

/** The names that a module's name section gives its functions. */
export function functionNames(bytes: Uint8Array<ArrayBuffer>): ReadonlyMap<number, string> {
  const module = readModule(bytes);
  return module.ok ? module.functionNames : new Map();
}
