import { expect, test, vi } from "vitest";
import { PushQueue } from "./push-queue.ts";

function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("what is added twice is pushed once", () => {
  const pushed: string[] = [];
  const queue = new PushQueue<string>((item) => pushed.push(item));
  for (const item of ["a", "b", "a"]) queue.add(item, 0);
  queue.run();
  expect(pushed).toEqual(["a", "b"]);
});

test("others have their turn between slices, and what is taken away meanwhile is not pushed", async () => {
  const happened: string[] = [];
  const queue = new PushQueue<string>((item) => {
    happened.push(item);
    busy(6);
  });
  for (const item of ["a", "b", "c"]) queue.add(item, 0);
  setImmediate(() => {
    happened.push("other");
    queue.delete("c");
  });
  queue.run();
  await vi.waitFor(() => expect(happened).toContain("b"));
  expect(happened.slice(0, 2)).toEqual(["a", "other"]);
  expect(happened).not.toContain("c");
});
