import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../model/diagnostic.ts";
import { diagnosticNews, formatFixed } from "./diagnostics-log.ts";

describe("diagnostics", () => {
  const at = (line: number, message: string): Diagnostic => ({
    severity: "error",
    code: "X",
    position: { file: "f.yaml", line, column: 1 },
    message,
  });
  test("are news once, wherever their line moves to, and again when they are gone", () => {
    expect(diagnosticNews([], [at(1, "a")]).appeared).toHaveLength(1);
    expect(diagnosticNews([at(1, "a")], [at(5, "a")])).toEqual({ appeared: [], gone: [] });
    expect(diagnosticNews([at(1, "a")], []).gone.map(formatFixed)).toEqual(["fixed: f.yaml: a"]);
  });
});
