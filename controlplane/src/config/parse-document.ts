import { parseDocument as parseYaml, type YAMLError } from "yaml";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Position } from "../model/types.ts";
import type { DocumentText } from "./split-documents.ts";
import { toValue, type Problem } from "./to-value.ts";
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
  const root = read(source.text, problems, warnings);
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

function read(text: string, problems: Problem[], warnings: Problem[]): Value | undefined {
  try {
    const document = parseYaml(text, { prettyErrors: false, keepSourceTokens: false, logLevel: "silent" });
    problems.push(...document.errors.map(describeError));
    warnings.push(...document.warnings.map(describeError));
    return toValue(document.contents, problems);
  } catch (error) {
    // The parser recurses, so deep enough nesting exhausts the stack; it throws for nothing else that is known.
    const message =
      error instanceof RangeError
        ? "the document is nested too deeply"
        : `the document cannot be read: ${String(error)}`;
    problems.push({ offset: 0, message });
    return undefined;
  }
}

function describeError(error: YAMLError): Problem {
  const sentence = error.message.split("\n")[0] ?? "";
  const message = `not valid YAML: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`.replace(/[.:]+$/, "");
  const fix = FIXES[error.code];
  return { offset: error.pos[0], message, ...(fix === undefined ? {} : { fix }) };
}

const FIXES: Partial<Record<YAMLError["code"], string>> = {
  TAB_AS_INDENT: "indent with spaces",
  DUPLICATE_KEY: "remove one of the two, or put --- between two objects",
  BAD_INDENT: "close the bracket, or align the line with its neighbours of the same level",
  MULTILINE_IMPLICIT_KEY: 'check for a missing ":" and the indentation of the line before',
  MISSING_CHAR: "close the quote or bracket",
};

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
