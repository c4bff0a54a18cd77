/** The lines of a source around the place that a diagnostic is about. Lines and columns count from 1. */
export interface Excerpt {
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** What is marked: a part of one of the lines, at least one character. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

const LINES_BEFORE = 2;
const LINES_BEHIND = 1;

/** Where an offset is. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** Two lines before and one behind; a range over several lines is marked to the end of its first. */
export function excerptOf(text: string, start: number, end: number): Excerpt {
  const all = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const { line, column } = positionOf(text, start);
  const marked = all[line - 1] ?? "";
  const firstLine = Math.max(1, line - LINES_BEFORE);
  return {
    firstLine,
    lines: all.slice(firstLine - 1, line + LINES_BEHIND),
    line,
    column,
    length: Math.max(1, Math.min(end - start, marked.length - column + 1)),
  };
}
