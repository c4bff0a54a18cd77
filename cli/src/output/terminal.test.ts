import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { formatDuration } from "./duration.ts";
import { joinWords } from "./join-words.ts";
import { formatSize } from "./size.ts";
import { PLAIN, styleFor } from "./style.ts";
import { createTerminal } from "./terminal.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { written, terminal: createTerminal({ isTTY, write: (text) => written.push(text) }, PLAIN) };
}

test("a short step is one line", async () => {
  const { written, terminal } = recorder(false);
  await terminal.step("things made", () => Promise.resolve({ value: 1, detail: "3 things" }));
  expect(written).toEqual(["  ✓ things made 3 things 0 ms\n"]);
});

test("a long step on a pipe says now and then where it is", async () => {
  const { written, terminal } = recorder(false);
  const step = terminal.step("things made", async (note) => {
    note("2 of 3");
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    return { value: 1 };
  });
  await vi.advanceTimersByTimeAsync(7_000);
  await step;
  expect(written).toEqual([
    "  … things made: 2 of 3 (3.0 s)\n",
    "  … things made: 2 of 3 (6.0 s)\n",
    "  ✓ things made 7.0 s\n",
  ]);
});

test("on a terminal other lines stand above the step that is under way", async () => {
  const { written, terminal } = recorder(true);
  const step = terminal.step("things made", async () => {
    await new Promise((resolve) => setTimeout(resolve, 250));
    terminal.line("by the way");
    return { value: 1 };
  });
  await vi.advanceTimersByTimeAsync(250);
  await step;
  expect(written.join("").replaceAll("\r\u001b[2K", "<clear>")).toBe(
    "  … things made (200 ms)<clear>by the way\n  … things made (200 ms)<clear>  ✓ things made 250 ms\n",
  );
});

test("a step that fails says so, and the error goes on", async () => {
  const { written, terminal } = recorder(false);
  await expect(terminal.step("things made", () => Promise.reject(new Error("no clay")))).rejects.toThrow("no clay");
  expect(written).toEqual(["  ✗ things made\n"]);
});

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_240, "1.2 s"],
  [61_000, "61 s"],
  [600_000, "10 min"],
  [10_800_000, "3 h"],
  [259_200_000, "3 d"],
])("%d ms is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [812, "812 B"],
  [12_400, "12.4 KB"],
  [1_340_000, "1.3 MB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b", "c"], "a, b and c"],
])("the words %j are %j", (words, text) => {
  expect(joinWords(words)).toBe(text);
});

test.each([
  ["a terminal", { isTTY: true }, {}, true],
  ["a pipe", {}, {}, false],
  ["NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }, false],
  ["an empty NO_COLOR", { isTTY: true }, { NO_COLOR: "" }, true],
  ["a dumb terminal", { isTTY: true }, { TERM: "dumb" }, false],
])("colours: %s", (_, stream, env, coloured) => {
  expect(styleFor(stream, env).good("x") !== "x").toBe(coloured);
});
