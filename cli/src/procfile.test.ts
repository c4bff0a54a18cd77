import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseProcfile } from "./procfile.ts";

describe("entries", () => {
  test.each([
    ["a name and a command", "web: node web.js", [{ name: "web", command: "node web.js" }]],
    ["colons in the command", "web: curl http://x:1", [{ name: "web", command: "curl http://x:1" }]],
    ["blanks around everything", "  web  :   run  ", [{ name: "web", command: "run" }]],
    ["no blank after the colon", "web:run", [{ name: "web", command: "run" }]],
    ["dots and dashes in a name", "reviews-v1.bookinfo: run", [{ name: "reviews-v1.bookinfo", command: "run" }]],
    [
      "Windows line ends",
      "a: x\r\nb: y\r\n",
      [
        { name: "a", command: "x" },
        { name: "b", command: "y" },
      ],
    ],
    ["comments and empty lines", "# a: x\n\n   \nb: y", [{ name: "b", command: "y" }]],
    ["an empty file", "", []],
  ])("%s", (_, text, entries) => {
    expect(parseProcfile(text)).toEqual({ entries, tries: [], problems: [] });
  });
});

describe("problems", () => {
  test.each([
    ["no colon", "a: x\nnode web.js", 2, "expected `name: command`"],
    ["no command", "web:", 1, "expected `name: command`"],
    ["no name", ": run", 1, "expected `name: command`"],
    ["a name twice", "a: x\na: y", 2, "a is already there: a name can stand only once"],
  ])("%s", (_, text, line, message) => {
    expect(parseProcfile(text).problems).toEqual([{ line, message }]);
  });
});

test("hints are read from comments, the first address to open wins", () => {
  const procfile = parseProcfile("# try: curl a\n#try: curl b\n# open: http://one\n# open: http://two\n# other: x\n");
  expect(procfile).toEqual({ entries: [], tries: ["curl a", "curl b"], open: "http://one", problems: [] });
});

test("any text is read without a throw, and every line is an entry, a comment or a problem", () => {
  assert(
    property(string({ unit: "grapheme", maxLength: 200 }), (text) => {
      const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
      const { entries, problems } = parseProcfile(text);
      expect(entries.length + problems.length).toBe(lines.length);
    }),
  );
});
