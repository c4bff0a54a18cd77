import type { SourceMap, SourcePosition } from "./index.ts";

const AROUND = 2;

/** The lines around a place, with a mark below it; undefined when the map does not bring the source along. */
export function codeFrame(map: SourceMap, { file, line, column }: SourcePosition): string | undefined {
  const lines = map.content(file)?.split("\n");
  if (lines === undefined || lines[line - 1] === undefined) return undefined;
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, line + AROUND);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? "";
    frame.push(`${number === line ? ">" : " "} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number === line) frame.push(`  ${" ".repeat(width)} | ${text.slice(0, column - 1).replaceAll(/[^\t]/g, " ")}^`);
  }
  return frame.join("\n");
}
