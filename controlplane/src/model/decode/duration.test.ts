import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each<[text: string, milliseconds: number | undefined]>([
  ["7s", 7000],
  ["500ms", 500],
  ["1m", 60_000],
  ["1h30m", 5_400_000],
  ["0.5s", 500],
  [".5s", 500],
  ["1.s", 1000],
  ["1h0m1.5s", 3_601_500],
  ["1500us", 1.5],
  ["1µs", 0.001],
  ["-1s", -1000],
  ["0", 0],
  ["7", undefined],
  ["", undefined],
  ["s", undefined],
  ["1d", undefined],
  ["1 s", undefined],
  ["1s ", undefined],
  ["1e3s", undefined],
])("the duration %j is %s ms", (text, milliseconds) => {
  const nanoseconds = parseDuration(text);
  expect(nanoseconds === undefined ? undefined : nanoseconds / 1e6).toBe(milliseconds);
});
