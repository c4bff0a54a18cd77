import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProgress } from "./progress.ts";
import { colourWish, PLAIN, styleFor } from "./style.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function during(ms: number, isTTY: boolean): Promise<string> {
  const written: string[] = [];
  const progress = createProgress({ isTTY, write: (text) => written.push(text) }, PLAIN);
  const work = progress.during("compiling", new Promise((resolve) => setTimeout(resolve, ms)));
  await vi.advanceTimersByTimeAsync(ms);
  await work;
  return written.join("").replaceAll("\r\u001b[2K", "<clear>");
}

test.each([
  ["short work says nothing", 900, true, ""],
  [
    "long work says what it is, and then goes",
    1_250,
    true,
    "<clear>… compiling (1.0 s)<clear>… compiling (1.2 s)<clear>",
  ],
  ["a pipe gets nothing", 5_000, false, ""],
])("%s", async (_name, ms, isTTY, expected) => {
  expect(await during(ms, isTTY)).toBe(expected);
});

test("work that fails takes its line with it", async () => {
  const written: string[] = [];
  const progress = createProgress({ isTTY: true, write: (text) => written.push(text) }, PLAIN);
  const work = progress.during("compiling", Promise.reject(new Error("no clay")));
  await expect(work).rejects.toThrow("no clay");
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ["nothing said", [], undefined],
  ["--color", ["build", "--color"], true],
  ["--no-color", ["--no-color", "build"], false],
  ["the last one counts", ["--color", "--no-color"], false],
  ["behind -- it is an argument", ["test", "--", "--color"], undefined],
])("a wish for colours: %s", (_name, args, wish) => {
  expect(colourWish(args)).toBe(wish);
});

test.each([
  ["on a pipe", {}, {}, true, true],
  ["against NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }, true, true],
  ["for none on a terminal", { isTTY: true }, {}, false, false],
])("a wish counts %s", (_name, stream, env, wish, coloured) => {
  expect(styleFor(stream, env, wish).good("x") !== "x").toBe(coloured);
});
