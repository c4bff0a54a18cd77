import type { Excerpt } from "../build/index.ts";
import type { Style } from "./style.ts";

/** The lines of a source with their numbers, and a line of carets below what is meant. */
export function formatExcerpt({ firstLine, lines, line, column, length }: Excerpt, style: Style): string {
  const width = String(firstLine + lines.length - 1).length;
  const gutter = (label: string): string => style.faint(`${label.padStart(width)} |`);
  return lines
    .flatMap((text, index) => {
      const number = firstLine + index;
      const row = `  ${gutter(String(number))} ${text}`.trimEnd();
      if (number !== line) return [row];
      // Tabs before the place stay tabs, so that the carets stand below it.
      const indent = text.slice(0, column - 1).replaceAll(/[^\t]/g, " ");
      return [row, `  ${gutter("")} ${indent}${style.bad("^".repeat(length))}`];
    })
    .join("\n");
}
