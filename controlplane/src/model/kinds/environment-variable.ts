import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { string } from "../decode/scalars.ts";

/** The name of a variable of a process's environment. */
export const environmentVariable: Decoder<string> = refine(string, (name, value, path, context) => {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  const text = `${path}: "${name}" is not a name of an environment variable`;
  return reportError(context, { offset: value.offset, path, message: text, allowed: "letters, digits and _" });
});
