import { expect, test } from "vitest";
import { startSettings } from "./start-settings.ts";

test.each([
  ["nothing is said", {}, { concurrency: 1, env: {} }],
  ["a number of workers", { PROXY_CONFIG: { concurrency: 3 } }, { concurrency: 3, env: {} }],
  ["0 is one for each core", { PROXY_CONFIG: { concurrency: 0 } }, { concurrency: 8, env: {} }],
  ["variables", { PROXY_CONFIG: { proxyMetadata: { A: "1", B: 2 } } }, { concurrency: 1, env: { A: "1" } }],
])("%s", (_, metadata, expected) => {
  expect(startSettings({ node: { metadata } }, 8)).toEqual(expected);
});

test("a bootstrap without a node", () => {
  expect(startSettings({}, 8)).toEqual({ concurrency: 1, env: {} });
});
