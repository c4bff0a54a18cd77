import { expect, test } from "vitest";
import type { BuildResult } from "../build/index.ts";
import { formatBuildProblems, formatBuildTable } from "./build-report.ts";
import { PLAIN } from "./style.ts";

const good = {
  ok: true,
  outFile: "x",
  sha256: "0123456789abcdef",
  diagnostics: [],
  inputs: [],
  functionNames: new Map<number, string>(),
} as const;
const RESULTS: readonly BuildResult[] = [
  { ...good, name: "authorization", size: 9_731, previousSize: 9_851, milliseconds: 5_210, upToDate: false },
  { ...good, name: "fault", size: 812, milliseconds: 3, upToDate: true },
  {
    ok: false,
    name: "telemetry",
    milliseconds: 10,
    inputs: [],
    compilerOutput: "not shown",
    diagnostics: [
      {
        severity: "error",
        code: "TS2322",
        message: "a type is wrong",
        file: "filters/telemetry/index.ts",
        line: 3,
        column: 7,
      },
    ],
  },
  {
    ok: false,
    name: "headers",
    milliseconds: 10,
    inputs: [],
    compilerOutput: "asc ran out of memory\n",
    diagnostics: [{ severity: "error", code: "BUILD", message: "asc ended with code 9" }],
  },
];

test("modules that are good", () => {
  expect(formatBuildTable(RESULTS, PLAIN)).toMatchInlineSnapshot(`
    "MODULE         SIZE    CHANGE  SHA256        TIME
    authorization  9.7 KB  -120 B  0123456789ab  5.2 s
    fault          812 B           0123456789ab  up to date"
  `);
});

test("what is wrong with the others", () => {
  expect(formatBuildProblems(RESULTS, PLAIN)).toMatchInlineSnapshot(`
    "filters/telemetry/index.ts:3:7: error TS2322: a type is wrong
    telemetry is not built
    error BUILD: asc ended with code 9
    asc ran out of memory
    headers is not built"
  `);
});
