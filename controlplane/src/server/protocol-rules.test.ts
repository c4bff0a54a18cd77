import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// The protocol's text (Envoy: api-docs/xds_protocol) read as thirty rules; the tests of the machine and of the server have
// their numbers in their names.
const folders = ["../xds", "."].map((folder) => join(import.meta.dirname, folder));
const names = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap(
      (file) => readFileSync(join(folder, file), "utf8").match(/^\s*(?:"R\d|test\(.*"R\d|describe\(.*"R\d).*$/gm) ?? [],
    ),
);

test.each(Array.from({ length: 30 }, (_, index) => `R${index + 1}`))("%s has a test", (rule) => {
  expect(names.filter((name) => new RegExp(`\\b${rule}\\b`).test(name))).not.toEqual([]);
});
