import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Admission } from "./admission.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const options = { perSecond: 10, burst: 2, atOnce: 100, patienceMs: 1000 };

test("lets a burst in at once, then a steady rate, in the order of arrival", () => {
  const admission = new Admission(options, () => Date.now());
  const entered: number[] = [];
  for (let index = 0; index < 12; index += 1) admission.request(() => entered.push(index));
  expect(entered).toEqual([0, 1]);
  vi.advanceTimersByTime(510);
  expect(entered).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(admission.waiting).toBe(5);
  vi.advanceTimersByTime(1000);
  expect(entered).toEqual(Array.from({ length: 12 }, (_, index) => index));
});

test("not more at once than it can hold, and the next as soon as one is done", () => {
  const admission = new Admission({ ...options, burst: 10, atOnce: 1 }, () => Date.now());
  const entered: string[] = [];
  const leave = admission.request(() => entered.push("a"));
  admission.request(() => entered.push("b"));
  expect(entered).toEqual(["a"]);
  leave();
  expect(entered).toEqual(["a", "b"]);
});

test("one that never finishes holds up the others only for a while", () => {
  const admission = new Admission({ ...options, burst: 10, atOnce: 1 }, () => Date.now());
  const entered: string[] = [];
  admission.request(() => entered.push("stuck"));
  admission.request(() => entered.push("next"));
  vi.advanceTimersByTime(1001);
  expect(entered).toEqual(["stuck", "next"]);
});

test("one that gives up while it waits is not let in", () => {
  const admission = new Admission({ ...options, burst: 0 }, () => Date.now());
  const enter = vi.fn<() => void>();
  admission.request(enter)();
  vi.advanceTimersByTime(10_000);
  expect(enter).not.toHaveBeenCalled();
});
