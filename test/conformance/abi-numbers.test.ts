import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BufferType, LogLevel, MapType, MetricType, Status, StreamType } from "@sluice/host";
import { expect, test } from "vitest";

// The SDK (AssemblyScript) and the host (TypeScript) never import each other; both write the ABI's numbers down. This test
// reads the SDK's source and holds the two tables together.

const source = readFileSync(join(import.meta.dirname, "..", "..", "sdk", "abi", "enums.ts"), "utf8");

function sdkEnum(name: string): Readonly<Record<string, number>> {
  const [, body] = new RegExp(`export enum ${name} \\{([^}]*)\\}`).exec(source) ?? [];
  if (body === undefined) throw new Error(`sdk/abi/enums.ts has no enum ${name}`);
  return Object.fromEntries([...body.matchAll(/(\w+) = (\d+)/g)].map((match) => [match[1], Number(match[2])]));
}

/** The specification calls some members HttpX where the SDK says X. */
const withoutHttp = (table: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [key.replace(/^Http(?!Call)/, ""), value]));

test.each([
  ["Status", Status],
  ["LogLevel", LogLevel],
  ["BufferType", BufferType],
  ["HeaderMapType", MapType],
  ["StreamType", StreamType],
  ["MetricType", MetricType],
] as const)("%s has the same numbers in the SDK and in the host", (name, host) => {
  const sdk = sdkEnum(name);
  expect(Object.keys(sdk).length).toBeGreaterThan(2);
  expect(sdk).toEqual(withoutHttp(host));
});
