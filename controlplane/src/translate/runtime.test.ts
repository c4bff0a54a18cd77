import { expect, test } from "vitest";
import { DEFAULT_CONFIG } from "../model/empty-mesh.ts";
import { admitTexts } from "../model/testing/decode-text.ts";
import { runtimeResources } from "./runtime.ts";

test("values are numbers, truths and text, as Envoy takes them", () => {
  const { mesh, diagnostics } = admitTexts({
    "mesh.yaml": `defaultConfig:
  runtimeValues: { overload.global: "100", a.fraction: "0.5", envoy.reloadable_features.x: "false", b: some text }
`,
  });
  expect(diagnostics).toEqual([]);
  expect(runtimeResources(mesh.config)).toMatchObject([
    {
      kind: "runtime",
      name: "sluice.mesh",
      message: {
        layer: { "overload.global": 100, "a.fraction": 0.5, "envoy.reloadable_features.x": false, b: "some text" },
      },
      origins: [{ kind: "MeshConfig" }],
    },
  ]);
});

test("without values there is no resource", () => {
  expect(runtimeResources(DEFAULT_CONFIG)).toEqual([]);
});
