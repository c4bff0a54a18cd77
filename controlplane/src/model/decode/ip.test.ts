import { expect, test } from "vitest";
import { isIP } from "./ip.ts";

test.each([
  ["127.0.0.1", 4],
  ["255.255.255.255", 4],
  ["256.1.1.1", 0],
  ["1.2.3", 0],
  ["1.2.3.4.5", 0],
  ["::1", 6],
  ["::", 6],
  ["fe80::1:2", 6],
  ["1:2:3:4:5:6:7:8", 6],
  ["1:2:3", 0],
  ["1::2::3", 0],
  ["a.b", 0],
])("isIP(%s) is %s", (text, version) => {
  expect(isIP(text)).toBe(version);
});
