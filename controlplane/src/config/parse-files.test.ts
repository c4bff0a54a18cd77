import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "../model/format-diagnostic.ts";
import { parseFiles } from "./parse-files.ts";
import { splitDocuments } from "./split-documents.ts";
import { describe as describeValue, entryOf, type Value } from "./value.ts";

/** A value without its offsets. */
function plain(value: Value | undefined): unknown {
  if (value === undefined) return undefined;
  if (value.kind === "scalar") return value.value;
  if (value.kind === "list") return value.items.map(plain);
  return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value)]));
}

function parseText(text: string): ReturnType<typeof parseFiles> {
  return parseFiles([{ path: "a.yaml", text }]);
}

describe("splitDocuments", () => {
  test.each<[name: string, text: string, expected: [line: number, text: string][]]>([
    ["nothing", "", []],
    ["only comments and markers", "# a\n---\n---\n# b\n...\n", []],
    ["one document without markers", "a: 1\n", [[1, "a: 1\n"]]],
    [
      "two documents",
      "a: 1\n---\nb: 2\n",
      [
        [1, "a: 1\n"],
        [2, "---\nb: 2\n"],
      ],
    ],
    [
      "a leading marker and an empty document",
      "---\na: 1\n---\n\n---\nb: 2",
      [
        [1, "---\na: 1\n"],
        [5, "---\nb: 2"],
      ],
    ],
    [
      "content after the marker",
      "--- {a: 1}\n--- {b: 2}\n",
      [
        [1, "--- {a: 1}\n"],
        [2, "--- {b: 2}\n"],
      ],
    ],
    [
      "an end marker",
      "a: 1\n...\nb: 2\n",
      [
        [1, "a: 1\n...\n"],
        [3, "b: 2\n"],
      ],
    ],
    ["a directive belongs to what follows", "%YAML 1.2\n---\na: 1\n", [[1, "%YAML 1.2\n---\na: 1\n"]]],
    ["dashes that are no marker", "a: |\n  ---\n  x\nb: ---x\n", [[1, "a: |\n  ---\n  x\nb: ---x\n"]]],
    [
      "carriage returns",
      "a: 1\r\n---\r\nb: 2\r\n",
      [
        [1, "a: 1\r\n"],
        [2, "---\r\nb: 2\r\n"],
      ],
    ],
    ["a byte order mark", "\uFEFFa: 1\n", [[1, "a: 1\n"]]],
  ])("%s", (_, text, expected) => {
    expect(splitDocuments(text).map((document) => [document.line, document.text])).toEqual(expected);
  });

  test("loses no line of any text (property)", () => {
    const line = fc.constantFrom("---", "...", "a: 1", "# c", "", "  - x", "--- # d", "%YAML 1.2");
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const all = lines.join("\n").split("\n");
        for (const document of splitDocuments(lines.join("\n"))) {
          const own = document.text.replace(/\n$/, "").split("\n");
          expect(all.slice(document.line - 1, document.line - 1 + own.length)).toEqual(own);
        }
      }),
    );
  });
});

describe("parseFiles", () => {
  test("reads only YAML files, sorted by path", () => {
    const files = ["b.yml", "README.md", "a.yaml", "c.json"].map((path) => ({ path, text: `at: ${path}` }));
    expect(parseFiles(files).map((document) => document.file)).toEqual(["a.yaml", "b.yml"]);
  });

  test("keeps the place of every value in the file", () => {
    const document = parseText("# head\n---\na:\n  b: [1, x]\n")[0];
    const b = entryOf(entryOf(document?.root, "a")?.value, "b");
    expect(document?.locate(b?.keyOffset ?? 0)).toEqual({ file: "a.yaml", line: 4, column: 3 });
    const item = b?.value.kind === "list" ? b.value.items[1] : undefined;
    expect(document?.locate(item?.offset ?? 0)).toEqual({ file: "a.yaml", line: 4, column: 10 });
  });

  test("resolves anchors and merge keys, own keys winning", () => {
    const text =
      "base: &base { a: 1, b: 2 }\ncopy: *base\nmerged:\n  b: 3\n  <<: *base\nboth:\n  <<: [{ a: 9 }, *base]\n";
    const base = { a: 1, b: 2 };
    expect(plain(parseText(text)[0]?.root)).toEqual({ base, copy: base, merged: { b: 3, a: 1 }, both: { a: 9, b: 2 } });
  });

  test("a syntax error leaves the other documents standing", () => {
    const documents = parseText("a: 1\n---\nb: [1\nc: 2\n---\nd: 4\n");
    expect(documents.map((document) => document.diagnostics.length > 0)).toEqual([false, true, false]);
    expect(plain(documents[2]?.root)).toEqual({ d: 4 });
  });

  test.each<[name: string, text: string, expected: string]>([
    [
      "a duplicate key",
      "a: 1\nb: 2\na: 3\n",
      'a.yaml:3:1: error SLU0001: the key "a" is given twice\n  fix: remove one of the two, or put --- between two objects',
    ],
    [
      "a tab for indentation",
      "a:\n\tb: 1\n",
      "a.yaml:2:1: error SLU0001: not valid YAML: a tab stands where only spaces may\n  fix: indent with spaces",
    ],
    [
      "an unknown alias",
      "a: 1\n---\nb: *none\n",
      "a.yaml:3:4: error SLU0001: the alias *none refers to no anchor before it",
    ],
    [
      "a bracket that stays open",
      "a: [1, 2\n",
      'a.yaml:2:1: error SLU0001: not valid YAML: a "[" before this place is not closed\n  fix: add the missing "]", or indent this line',
    ],
    ["a key that is a list", "? [a]\n: 1\n", "a.yaml:1:3: error SLU0001: a key must be plain text"],
  ])("reports %s with its place", (_, text, expected) => {
    const diagnostics = parseText(text).flatMap((document) => document.diagnostics);
    expect(diagnostics.map((diagnostic) => formatDiagnostic(diagnostic))[0]).toBe(expected);
  });

  test("refuses aliases that multiply text beyond reason", () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array.from({ length: 9 }, () => `*l${level}`).join(", ")}]`,
    );
    const [document] = parseText(`l0: &l0 x\n${levels.join("\n")}\n`);
    expect(document?.diagnostics[0]?.message).toBe("the aliases of this document repeat too much text");
  });

  test("survives deep nesting", () => {
    const [document] = parseText(`a: ${"[".repeat(3000)}`);
    expect(document?.diagnostics.length).toBeGreaterThan(0);
  });

  test("never throws (property)", () => {
    const token = fc.constantFrom(
      "a",
      ":",
      " ",
      "\n",
      "- ",
      "[",
      "]",
      "{",
      "}",
      "&x ",
      "*x",
      "<<",
      "!!map ",
      "|",
      ">",
      "'",
      '"',
      "#",
      "\t",
      "---\n",
      "? ",
      "%",
      "\0",
      "\r",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join("")),
    );
    fc.assert(
      fc.property(text, (one) => parseText(one).every((document) => document.file === "a.yaml")),
      { numRuns: 1000 },
    );
  });
});

test.each<[text: string, expected: string]>([
  ["7", "the number 7"],
  ["x", '"x"'],
  ["true", "the boolean true"],
  ["[a]", "a list"],
  ["{}", "a map"],
  ["~", "nothing"],
])("describes %s as %s", (text, expected) => {
  const value = entryOf(parseText(`a: ${text}`)[0]?.root, "a")?.value;
  expect(value && describeValue(value)).toBe(expected);
});
