import { describe, expect, test } from "vitest";
import { type Deviation, DEVIATIONS, type Profile, switchesOf } from "../core/profile.ts";
import { suite } from "../fixtures/suite/index.ts";
import { compiled } from "../fixtures/suite/suite-scenario.ts";
import { runInProcess } from "./in-process.ts";

const all = Object.entries<Deviation>(DEVIATIONS);

// That Envoy does as its column says is what the differential suite shows, by the scenario that each line names.
describe("every deviation makes a difference to its scenario", () => {
  test.each(all)("%s", async (name, { scenario: title }) => {
    const found = suite.find((one) => one.title === title);
    expect(found, title).toBeDefined();
    if (found === undefined) return;
    const scenario = await compiled(found);
    const asEnvoy = runInProcess(scenario);
    expect(runInProcess(scenario, "scenario", { profile: "envoy" })).toEqual(asEnvoy);
    expect(runInProcess(scenario, "scenario", { deviations: { [name]: false } })).not.toEqual(asEnvoy);
  });
});

test("a profile is a row of switches, and a test may set its own", () => {
  expect(Object.values(switchesOf("envoy")).every((asEnvoy) => asEnvoy)).toBe(true);
  for (const [name, { spec, lenient }] of all) {
    expect(switchesOf("spec")).toHaveProperty(name, spec);
    expect(switchesOf("lenient")).toHaveProperty(name, lenient);
  }
  expect(switchesOf("spec", { mallocFirst: true }).mallocFirst).toBe(true);
});

test.each<[Profile, string, string]>([
  ["envoy", "bodies: not in the middle", "0 info edit 0 1 0 ? = 2"],
  ["spec", "bodies: not in the middle", "0 info edit 0 1 0 ? = 0"],
  ["spec", "ABI 0.2.0: a request and a response", "0 info get 0 x-none = 1"],
  ["lenient", "ABI 0.2.0: a request and a response", "0 info get 0 x-none = ''"],
  ["lenient", "imports: one that Envoy does not have", "0 info 12"],
])("the profile %s in %s", async (profile, title, line) => {
  const found = suite.find((one) => one.title === title);
  if (found === undefined) throw new Error(`no scenario "${title}"`);
  expect(runInProcess(await compiled(found), "scenario", { profile }).logs).toContain(line);
});
