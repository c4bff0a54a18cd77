import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envoyIfAny } from "../fixtures/real-envoy.ts";
import { suite } from "../fixtures/suite/index.ts";
import { compiled } from "../fixtures/suite/suite-scenario.ts";
import { describeDifferences, differences } from "./compare.ts";
import { type DifferentialEnvoy, startDifferentialEnvoy } from "./envoy.ts";
import { runInProcess } from "./in-process.ts";
import { parseKnown } from "./known.ts";
import { ofScenario } from "./play.ts";
import type { Observation } from "./observation.ts";
import type { Scenario } from "./scenario.ts";

// Each scenario runs in the in-process host and in a real Envoy. Envoy is the specification; where it can't be followed,
// a line of test/conformance/known-differences.txt says why.

const AT_ONCE = 8;
const known = parseKnown(
  readFileSync(new URL("../../../test/conformance/known-differences.txt", import.meta.url), "utf8"),
);
const binary = await envoyIfAny();
const scenarios = new Map<string, Scenario>();
const observed = new Map<string, Observation>();
let envoy: DifferentialEnvoy | undefined;

beforeAll(async () => {
  if (binary === undefined) return;
  for (const [index, scenario] of suite.entries()) scenarios.set(`s${index}`, await compiled(scenario));
  envoy = await startDifferentialEnvoy();
  await envoy.prepare(scenarios);
  const waiting = [...scenarios.keys()];
  const playNext = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const played = await envoy?.play(key);
      if (played !== undefined) observed.set(key, played);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playNext));
}, 240_000);

afterAll(async () => {
  await envoy?.stop();
});

test("the suite has its size, and no two scenarios of one title", () => {
  expect(suite.length).toBeGreaterThanOrEqual(150);
  expect(new Set(suite.map(({ title }) => title)).size).toBe(suite.length);
});

test("every known difference names a scenario", () => {
  const titles = new Set(suite.map(({ title }) => title));
  expect(known.filter(({ title }) => !titles.has(title))).toEqual([]);
});

describe.skipIf(binary === undefined)("the host and a real Envoy agree", () => {
  test.each(suite.map(({ title }, index) => [title, `s${index}`] as const))(
    "%s",
    { timeout: 30_000, retry: 2 },
    async (title, key) => {
      const scenario = scenarios.get(key);
      if (scenario === undefined || envoy === undefined) throw new Error("the suite was not prepared");
      // A retry plays it again, alone.
      const real = observed.get(key) ?? (await envoy.play(key));
      observed.delete(key);
      const inProcess = runInProcess(scenario, key);
      const found = differences(inProcess, { ...real, metrics: ofScenario(real.metrics, inProcess.metrics) });
      const expected = known.filter((one) => one.title === title).map(({ what }) => what);
      const surprises = found.filter(({ what }) => !expected.includes("*") && !expected.includes(what));
      expect(describeDifferences(title, surprises)).toBe("");
      expect(
        expected.filter((what) => !found.some((one) => what === "*" || one.what === what)),
        "known differences that are gone",
      ).toEqual([]);
    },
  );
});
