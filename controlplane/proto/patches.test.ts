import { expect, test } from "vitest";
import { applyPatches } from "./patches.ts";

test("a patch is applied, also to text with CRLF", () => {
  expect(applyPatches("validate/validate.proto", "message StringRules {\r\n}\r\n")).toBe(
    "message StringRules {\n  optional bool ignore_empty = 26;\n}\n",
  );
});

test("a file without patches stays", () => {
  expect(applyPatches("other.proto", "message A {}\n")).toBe("message A {}\n");
});

test.each(["", "message StringRules {}\nmessage StringRules {}\n"])(
  "a patch that does not fit once is an error",
  (text) => {
    expect(() => applyPatches("validate/validate.proto", text)).toThrow(/fits \d times, expected once/);
  },
);
