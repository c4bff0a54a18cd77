import { stripVTControlCharacters } from "node:util";

/** Lays out rows in columns two blanks apart, the first row being the heading; colours do not count as width. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(cell));
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell + padding(cell, widths[index] ?? 0))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

function padding(cell: string, columnWidth: number): string {
  return " ".repeat(columnWidth - width(cell) + 2);
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
