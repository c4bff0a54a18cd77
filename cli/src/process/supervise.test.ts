import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FRESH, nextRestart } from "./backoff.ts";
import type { Child, Exit } from "./child.ts";
import { supervise } from "./supervise.ts";

/** A process that only ends when told to. `stubborn` ones take no notice of SIGTERM. */
class FakeChild implements Child {
  readonly pid: number;
  readonly signals: string[] = [];
  readonly exited: Promise<Exit>;
  end!: (exit: Exit) => void;
  readonly #stubborn: boolean;

  constructor(pid: number, stubborn: boolean) {
    this.pid = pid;
    this.#stubborn = stubborn;
    this.exited = new Promise((resolve) => (this.end = resolve));
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    if (signal === "SIGKILL" || !this.#stubborn) this.end({ code: null, signal });
  }
}

function start(options: { stubborn?: boolean } = {}) {
  const children: FakeChild[] = [];
  const crashes: string[] = [];
  const supervised = supervise({
    launch: () => {
      const child = new FakeChild(children.length + 1, options.stubborn ?? false);
      children.push(child);
      return Promise.resolve(child);
    },
    onCrash: (exit, restartInMs) => crashes.push(`${exit.code ?? exit.signal}, again in ${restartInMs}`),
  });
  return { supervised, children, crashes };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a supervised process", () => {
  test("is started again, each time after a longer pause", async () => {
    const { children, crashes, supervised } = start();
    for (const pause of [250, 500, 1_000]) {
      await vi.advanceTimersByTimeAsync(0);
      children.at(-1)?.end({ code: 1, signal: null });
      await vi.advanceTimersByTimeAsync(pause - 1);
      const before = children.length;
      await vi.advanceTimersByTimeAsync(1);
      expect(children.length).toBe(before + 1);
    }
    expect(crashes).toEqual(["1, again in 250", "1, again in 500", "1, again in 1000"]);
    expect(supervised.restarts()).toBe(3);
  });

  test("is not started again once stopped, also while it waits for its restart", async () => {
    const { children, supervised } = start();
    await vi.advanceTimersByTimeAsync(0);
    children[0]?.end({ code: 1, signal: null });
    await vi.advanceTimersByTimeAsync(10);
    await supervised.stop(1_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(children.length).toBe(1);
  });

  test("is asked to end, and killed when it does not", async () => {
    const { children, supervised } = start({ stubborn: true });
    await vi.advanceTimersByTimeAsync(0);
    const stopped = supervised.stop(1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(children[0]?.signals).toEqual(["SIGTERM"]);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(children[0]?.signals).toEqual(["SIGTERM", "SIGKILL"]);
  });

  test("that cannot be started is tried again", async () => {
    const exits: Exit[] = [];
    const launch = vi.fn<() => Promise<Child>>().mockRejectedValue(new Error("no such file"));
    const supervised = supervise({ launch, onCrash: (exit) => exits.push(exit) });
    await vi.advanceTimersByTimeAsync(300);
    expect(exits[0]).toEqual({ code: null, signal: null, error: "no such file" });
    expect(launch).toHaveBeenCalledTimes(2);
    await supervised.stop(1_000);
  });
});

describe("pauses between restarts", () => {
  test("grow up to ten seconds", () => {
    let state = FRESH;
    const delays = Array.from({ length: 8 }, () => {
      const next = nextRestart(state, 100);
      state = next.state;
      return next.delayMs;
    });
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  test("begin anew after a time of health", () => {
    expect(nextRestart({ failures: 6 }, 20_000)).toEqual({ delayMs: 250, state: { failures: 1 } });
  });
});
