import { describe, expect, test } from "vitest";
import { Rollouts } from "./rollout.ts";

describe("rollouts", () => {
  test("end with the last proxy, and tell how many rejected", () => {
    const rollouts = new Rollouts();
    rollouts.start("x", ["a", "b"], 100);
    expect(rollouts.settled("a", 110)).toEqual([]);
    rollouts.rejected("b");
    expect(rollouts.settled("other", 120)).toEqual([]);
    expect(rollouts.settled("b", 150)).toEqual([{ label: "x", proxies: 2, rejected: 1, milliseconds: 50 }]);
    expect(rollouts.settled("b", 160)).toEqual([]);
  });
});
