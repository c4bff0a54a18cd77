/** A block of a document that shows a terminal. */
export interface Block {
  /** The terminal it shows: the first one, or the one in which `sluice dev` runs. */
  readonly terminal: "shell" | "dev";
  /** Its lines without the fence. */
  readonly lines: readonly string[];
  /** Index of its first line in the document's lines. */
  readonly at: number;
}

const FENCE = /^```console( dev)?$/;

/** The blocks of a Markdown text that begin with ```console, in their order. */
export function consoleBlocks(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (const [index, line] of lines.entries()) {
    const fence = FENCE.exec(line);
    if (fence === null) continue;
    const end = lines.indexOf("```", index);
    if (end < 0) throw new Error(`line ${index + 1}: the block has no end`);
    blocks.push({
      terminal: fence[1] === undefined ? "shell" : "dev",
      lines: lines.slice(index + 1, end),
      at: index + 1,
    });
  }
  return blocks;
}

/** The text with other lines in its blocks: as many lists as there are blocks. */
export function withBlocks(text: string, contents: readonly (readonly string[])[]): string {
  const lines = text.split("\n");
  const blocks = consoleBlocks(text);
  for (const [index, block] of [...blocks.entries()].toReversed()) {
    lines.splice(block.at, block.lines.length, ...(contents[index] ?? []));
  }
  return lines.join("\n");
}

/** What differs from run to run, and from machine to machine, in words that stay. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{12,64}\b/g, "DIGEST"],
  [/\b\d\d:\d\d:\d\d\b/g, "CLOCK"],
  [/\b\d+(?:\.\d+)? ?(?:ms|s|min)\b/g, "TIME"],
  [/\b\d+(?:\.\d+)? (?:B|KB|MB)\b/g, "SIZE"],
  [/\b\d+%/g, "SHARE"],
  [/\b(added|changed|audited) \d+ packages?/g, "$1 PACKAGES"],
  [/(admin interface: http:\/\/127\.0\.0\.1:)\d+/g, "$1PORT"],
  [/Envoy found .*/g, "Envoy found"],
  [/\b\d+ (checks|functions)\b/g, "SOME $1"],
  // Vitest names its stages in the order of their shares, and slow tests, and gives advice, on a busy machine.
  [/^ *Duration .*$/g, "Duration"],
  [/^ {3}✓ .*$|^ *(?:Isolate|at least) .*$/g, ""],
  [/^ *SIZE +~\S+$/g, "SIZE FUNCTION"],
  // What is said while Envoy is fetched: where no test has done that before.
  [/^ *… .*$|^ {4}.*\bEnvoy\b.*$/g, ""],
  [/[ \t]+/g, " "],
];

/** Lines as they are compared: without what is volatile, and without lines that are empty then. */
export function comparable(lines: readonly string[]): string[] {
  return lines
    .map((line) => VOLATILE.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), line).trim())
    .filter((line) => line !== "");
}
