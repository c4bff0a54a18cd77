import { expect, test } from "vitest";
import { formatExcerpt } from "../output/excerpt.ts";
import { PLAIN } from "../output/style.ts";
import { excerptOf, positionOf } from "./excerpt.ts";

/** Marks what stands between two `|`. */
function marked(text: string): string {
  const [before = "", meant = "", after = ""] = text.split("|");
  return formatExcerpt(excerptOf(before + meant + after, before.length, before.length + meant.length), PLAIN);
}

test.each<[string, string, string[]]>([
  ["the only line", "let |a| = 1;", ["  1 | let a = 1;", "    |     ^"]],
  ["the first line", "|one|\ntwo\nthree", ["  1 | one", "    | ^^^", "  2 | two"]],
  ["a line in the middle", "1\n2\n3 |x|\n4\n5", ["  1 | 1", "  2 | 2", "  3 | 3 x", "    |   ^", "  4 | 4"]],
  ["an empty place at the end", "a\nb||", ["  1 | a", "  2 | b", "    |  ^"]],
  ["several lines, marked to the end of the first", "f(|a,\nb|)", ["  1 | f(a,", "    |   ^^", "  2 | b)"]],
  ["tabs", "\t|x|", ["  1 | \tx", "    | \t^"]],
  ["Windows's line ends", "a\r\n|b|\r\nc", ["  1 | a", "  2 | b", "    | ^", "  3 | c"]],
  ["numbers of two widths", `${"\n".repeat(8)}|x|\nlast`, ["   7 |", "   8 |", "   9 | x", "     | ^", "  10 | last"]],
])("%s", (_name, text, expected) => {
  expect(marked(text).split("\n")).toEqual(expected);
});

test.each([
  ["", 0, { line: 1, column: 1 }],
  ["ab\ncd", 4, { line: 2, column: 2 }],
  ["ab\n", 3, { line: 2, column: 1 }],
])("%j at %d", (text, offset, position) => {
  expect(positionOf(text, offset)).toEqual(position);
});
