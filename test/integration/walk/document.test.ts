import { describe, expect, it } from "vitest";
import { comparable, consoleBlocks, withBlocks } from "./document.ts";

const TEXT = [
  "# Title",
  "```console",
  "$ one",
  "1",
  "```",
  "words",
  "```console dev",
  "```",
  "```sh",
  "$ no",
  "```",
  "",
].join("\n");

describe("a document that shows terminals", () => {
  it("has its console blocks, in order", () => {
    expect(consoleBlocks(TEXT)).toEqual([
      { terminal: "shell", lines: ["$ one", "1"], at: 2 },
      { terminal: "dev", lines: [], at: 7 },
    ]);
    expect(() => consoleBlocks("```console\n$ one")).toThrow("line 1: the block has no end");
  });

  it("takes new lines for them, and leaves the rest alone", () => {
    const changed = withBlocks(TEXT, [["$ one", "2", "3"], ["more"]]);
    expect(consoleBlocks(changed).map(({ lines }) => lines)).toEqual([["$ one", "2", "3"], ["more"]]);
    expect(changed.split("\n").filter((line) => ["# Title", "words", "$ no"].includes(line))).toHaveLength(3);
    expect(withBlocks(TEXT, [["$ one", "1"], []])).toBe(TEXT);
  });

  it.each([
    ["built in 1.3 s, 402 ms", ["built in TIME, TIME"]],
    ["size   2.2 KB  303 B", ["size SIZE SIZE"]],
    ["sha256 eabd0af530845758", ["sha256 DIGEST"]],
    ["added 41 packages in 2s", ["added PACKAGES in TIME"]],
    ["✓ loads (17 checks)", ["✓ loads (SOME checks)"]],
    ["     303 B  ~lib/rt/tcms/__collect", ["SIZE FUNCTION"]],
    ["    fetching Envoy 1.40.0: a wheel", []],
    ["   Duration  517ms (import 73%, tests 8%)", ["Duration"]],
    ["   ✓ a slow test 1022ms", []],
    ["hello: world", ["hello: world"]],
    ["   ", []],
  ])("compares %s", (line, expected) => {
    expect(comparable([line])).toEqual(expected);
  });
});
