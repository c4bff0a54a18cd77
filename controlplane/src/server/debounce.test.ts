import { describe, expect, test, vi } from "vitest";
import { debounce } from "./debounce.ts";

describe("debounce", () => {
  test("waits for quiet, but not for ever", () => {
    vi.useFakeTimers();
    try {
      const act = vi.fn<() => void>();
      const bounced = debounce(act, { quietMs: 50, maxMs: 120 });
      bounced.trigger();
      vi.advanceTimersByTime(49);
      bounced.trigger();
      vi.advanceTimersByTime(49);
      expect(act).not.toHaveBeenCalled();
      bounced.trigger();
      vi.advanceTimersByTime(22);
      expect(act).toHaveBeenCalledTimes(1);
      bounced.trigger();
      vi.advanceTimersByTime(50);
      expect(act).toHaveBeenCalledTimes(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
