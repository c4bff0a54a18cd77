import { expect, test } from "vitest";
import { includes } from "./subnet.ts";

test.each([
  ["10.0.0.0/8", "10.1.2.3", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["10.0.0.0/8", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.0.0.0/8", false],
  ["10.1.2.3", "10.1.2.3", true],
  ["0.0.0.0/0", "255.255.255.255", true],
  ["0.0.0.0/0", "::1", false],
  ["fd00::/8", "fd00:1::2", true],
  ["::/0", "::ffff", true],
  ["::1", "0:0:0:0:0:0:0:1", true],
  ["fe80::/10", "fd00::1", false],
])("%s takes in %s: %s", (range, other, expected) => {
  expect(includes(range, other)).toBe(expected);
});
