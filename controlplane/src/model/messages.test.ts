import { expect, test } from "vitest";
import { formatDiagnostic } from "./format-diagnostic.ts";
import { admitTexts, objectText } from "./testing/decode-text.ts";
import { BAD_YAML, KNOWN_MESH } from "./testing/bad-yaml.ts";

test("the mesh that the bad objects stand beside is good", () => {
  expect(admitTexts({ "mesh.yaml": KNOWN_MESH }).diagnostics).toEqual([]);
});

/** What a user reads for each mistake. To take over a change, delete the file, run this again and read the difference. */
test("what is printed for bad YAML", async () => {
  const sections = BAD_YAML.map(([name, text]) => {
    const yaml = typeof text === "string" ? text : objectText(text.kind, text.spec, "a");
    const { diagnostics } = admitTexts({ "mesh.yaml": KNOWN_MESH, "x.yaml": yaml });
    return [`# ${name}`, ...diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, yaml))].join("\n");
  });
  await expect(`${sections.join("\n\n")}\n`).toMatchFileSnapshot("testdata/messages.txt");
});

test.each(BAD_YAML)("%s: says so once, at its place", (_, text) => {
  const yaml = typeof text === "string" ? text : objectText(text.kind, text.spec, "a");
  const { diagnostics } = admitTexts({ "mesh.yaml": KNOWN_MESH, "x.yaml": yaml });
  expect(diagnostics.length).toBe(1);
  const [diagnostic] = diagnostics;
  if (diagnostic === undefined) return;
  expect(diagnostic.position.file).toBe("x.yaml");
  const { field } = diagnostic;
  const line = formatDiagnostic(diagnostic).split("\n")[0] ?? "";
  if (field !== undefined && field !== "") expect(line.split(field).length, line).toBeLessThanOrEqual(2);
});
