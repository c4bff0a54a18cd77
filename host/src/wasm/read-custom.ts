import { type Cursor, Malformed } from "./cursor.ts";
import type { Producer } from "./module.ts";

/** What custom sections add up to. */
export interface CustomContents {
  functionNames: Map<number, string>;
  producers: Producer[];
  problems: string[];
}

const MODULE_NAME = 0;
const FUNCTION_NAMES = 1;

/** Reads the custom sections that say something about the module. One that is malformed is a problem, no error. */
export function readCustom(
  section: string,
  cursor: Cursor,
  into: CustomContents,
): { name?: string; sourceMappingUrl?: string } {
  try {
    if (section === "name") return readNames(cursor, into.functionNames);
    if (section === "producers") readProducers(cursor, into.producers);
    if (section === "sourceMappingURL") return { sourceMappingUrl: cursor.name() };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    into.problems.push(`the custom section ${section}: ${error.message}, at 0x${error.offset.toString(16)}`);
  }
  return {};
}

/** The name section of the specification's appendix: the module's name, and its functions'. */
function readNames(cursor: Cursor, functions: Map<number, string>): { name?: string } {
  let found: { name?: string } = {};
  while (!cursor.done) {
    const kind = cursor.byte();
    const part = cursor.part(cursor.u32());
    if (kind === MODULE_NAME) found = { name: part.name() };
    if (kind !== FUNCTION_NAMES) continue;
    for (let left = part.count(); left > 0; left--) functions.set(part.u32(), part.name());
  }
  return found;
}

/** The producers section of the tool conventions: fields, and for each the tools with their versions. */
function readProducers(cursor: Cursor, into: Producer[]): void {
  for (let fields = cursor.count(); fields > 0; fields--) {
    const field = cursor.name();
    for (let values = cursor.count(); values > 0; values--) {
      into.push({ field, name: cursor.name(), version: cursor.name() });
    }
  }
}
