import { describe } from "../../config/value.ts";
import { list } from "./collections.ts";
import { reportError } from "./context.ts";
import { refine, type Decoder } from "./decoder.ts";
import { string } from "./scalars.ts";

/** An exportTo that nobody wrote: this very list, for which the MeshConfig may have a default; without one it is all. */
export const NOT_WRITTEN: readonly string[] = ["*"];

/** Istio's exportTo as namespaces, "*" for all: `.` is the object's own. An empty list is one that nobody wrote. */
export const visibility: Decoder<readonly string[]> = (value, path, context) => {
  const read = list(entry)(value, path, context);
  return read?.length === 0 ? NOT_WRITTEN : read;
};

const entry: Decoder<string> = refine(string, (text, value, path, context) => {
  if (text === ".") return context.ref.namespace;
  if (text === "*" || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path}: ${describe(value)} is not a namespace`,
    allowed: '"*", ".", or the name of a namespace',
  });
});
