import type { Diagnostic } from "../model/diagnostic.ts";
import type { Position } from "../model/types.ts";
import type { DocumentText } from "./split-documents.ts";
import { readYaml } from "./read-yaml.ts";
import type { Problem } from "./to-value.ts";
import type { Value } from "./value.ts";

/** One YAML document of a file. With errors among `diagnostics`, `root` is what could be read in spite of them. */
export interface ParsedDocument {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly root: Value | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** The place of an offset of `Value` in the file. */
  readonly locate: (offset: number) => Position;
}

/** Parses one document. Never throws, whatever the text: what is wrong is in `diagnostics` (code SLU0001). */
export function parseDocument(file: string, source: DocumentText): ParsedDocument {
  const locate = locator(file, source);
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const root = readYaml(source.text, problems, warnings);
  const show = (severity: Diagnostic["severity"], problem: Problem): Diagnostic => ({
    severity,
    code: "SLU0001",
    position: locate(problem.offset),
    message: problem.message,
    ...(problem.fix === undefined ? {} : { fix: problem.fix }),
  });
  const diagnostics = [
    ...problems.map((problem) => show("error", problem)),
    ...warnings.map((problem) => show("warning", problem)),
  ];
  return { file, line: source.line, text: source.text, root, diagnostics, locate };
}

function locator(file: string, source: DocumentText): (offset: number) => Position {
  const starts = [0];
  for (let at = source.text.indexOf("\n"); at >= 0; at = source.text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: source.line + low, column: offset - (starts[low] ?? 0) + 1 };
  };
}
