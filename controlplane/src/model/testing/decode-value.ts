import { parseFiles } from "../../config/index.ts";
import type { Context } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { shortDiagnostic } from "./decode-text.ts";

/** Decodes a value that stands alone in a file, with what is to be said about it. */
export function decodeValue<T>(
  decoder: Decoder<T>,
  path: string,
  text: string,
): { read: T | undefined; problems: string[] } {
  const [document] = parseFiles([{ path: "x.yaml", text }]);
  if (document?.root === undefined) throw new Error("the text of a test has no document");
  const ref = { kind: "test", namespace: "shop", name: "x", position: document.locate(0) };
  const context: Context = { ref, locate: document.locate, diagnostics: [], references: [] };
  const read = decoder(document.root, path, context);
  return { read, problems: context.diagnostics.map(shortDiagnostic) };
}
