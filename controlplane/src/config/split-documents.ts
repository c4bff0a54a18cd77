/** One document's text and the line of the file (from 1) on which it starts. */
export interface DocumentText {
  readonly line: number;
  readonly text: string;
}

/**
 * Cuts a file at its document markers before any parsing. YAML forbids `---` and `...` at the start of a line in every
 * kind of scalar, so the cut is exact, a syntax error cannot run on into the next document, and an edit of one document
 * of a large file leaves the text (and so the cached result) of those above it untouched.
 */
export function splitDocuments(text: string): DocumentText[] {
  const documents: DocumentText[] = [];
  let start = text.startsWith("\uFEFF") ? 1 : 0;
  let line = 1;
  const cut = (end: number): void => {
    const part = text.slice(start, end);
    if (hasContent(part)) documents.push({ line, text: part });
    line += countLines(part);
    start = end;
  };
  for (const match of text.matchAll(/^(---|\.\.\.)(?=[ \t\r\n]|$)/gm)) {
    const isStart = match[1] === "---";
    if (isStart && !isDirectives(text.slice(start, match.index))) cut(match.index);
    if (!isStart) cut(endOfLine(text, match.index));
  }
  cut(text.length);
  return documents;
}

/** `%YAML` lines stand before the marker of the document that they belong to. */
function isDirectives(text: string): boolean {
  return /^%/m.test(text) && text.split("\n").every((line) => /^\s*(#.*)?$|^%/.test(line));
}

/** Blank lines, comments and bare markers are no document. */
function hasContent(text: string): boolean {
  return /^(?!(?:---|\.\.\.)[^\S\n]*(?:#.*)?$)[^\S\n]*[^\s#]/m.test(text);
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at + 1;
}
