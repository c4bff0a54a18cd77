import { createHost, type Host, type Plugin } from "@sluice/host";
import "@sluice/host/testing";
import { describe, expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";

const module = await exampleModule("ab-routing");

function load(configuration: string): { host: Host; plugin: Plugin } {
  const host = createHost();
  return { host, plugin: host.load(module, { configuration }) };
}

/** The variant that a request gets; without a user, a visitor that nobody knows. */
function variantOf(plugin: Plugin, user?: string): string | undefined {
  const named = user === undefined ? [] : [["x-user", user] as const];
  const stream = plugin.stream({
    requestHeaders: [[":method", "GET"], [":path", "/"], [":authority", "shop"], ...named],
  });
  expect(stream.requestHeaders()).toContinue();
  const variant = stream.request?.text("x-variant");
  stream.complete();
  return variant;
}

describe("the share of variant b", () => {
  const users = Array.from({ length: 1000 }, (_, index) => `user-${index}`);

  test.each([0, 20, 100])("%i percent of the users", (percent) => {
    const { plugin } = load(JSON.stringify({ percent }));
    const inB = users.filter((user) => variantOf(plugin, user) === "b").length;
    expect(inB / 10).toBeGreaterThanOrEqual(Math.max(0, percent - 4));
    expect(inB / 10).toBeLessThanOrEqual(Math.min(100, percent === 0 ? 0 : percent + 4));
  });

  test("a user stays with a variant, also with a new instance", () => {
    const [first, second] = [load('{"percent": 50}'), load('{"percent": 50}')];
    for (const user of users.slice(0, 50)) expect(variantOf(first.plugin, user)).toBe(variantOf(second.plugin, user));
  });

  test("who has no name is sent either way", () => {
    const { plugin } = load('{"percent": 50}');
    expect(new Set(users.slice(0, 50).map(() => variantOf(plugin)))).toEqual(new Set(["a", "b"]));
  });
});

test.each([
  ['{"percent": 101}', /percent/],
  ['{"percentage": 20}', /percentage/],
  ["{}", /percent: the field is missing/],
  ["[]", /object/],
])("refuses %s and says why", (configuration, reason) => {
  const { host, plugin } = load(configuration);
  expect(plugin.problem).toBeDefined();
  expect(host).toLog(reason);
});
