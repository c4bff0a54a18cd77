import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBytes, toText } from "./bytes.ts";
import { abiVersionOf } from "./names.ts";
import { isOneOf, MapType, nameOf, Status } from "./numbers.ts";
import { decodePairs, encodePairs, MAX_PAIRS } from "./pairs.ts";
import { encodeProperty, findProperty, splitPropertyPath } from "./property.ts";

const BYTES = fc.uint8Array({ maxLength: 20 });

describe("pairs", () => {
  test("one pair, byte by byte", () => {
    const bytes = encodePairs([[toBytes("a"), toBytes("bc")]]);
    expect([...bytes]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 97, 0, 98, 99, 0]);
  });

  test("any pairs come back", () => {
    const pairs = fc.array(fc.tuple(BYTES, BYTES), { maxLength: 20 });
    fc.assert(
      fc.property(pairs, (given) => {
        expect(decodePairs(encodePairs(given))).toEqual({ ok: true, pairs: given });
      }),
    );
  });

  test("no bytes are no pairs", () => {
    expect(decodePairs(new Uint8Array(0))).toEqual({ ok: true, pairs: [] });
  });

  test.each([
    ["too short for a count", [1, 0]],
    ["a count without lengths", [2, 0, 0, 0]],
    ["cut short", [1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 97, 0, 98]],
    ["no NUL", [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 97, 1, 98, 0]],
    ["more than Envoy takes", [...new Uint8Array(Uint32Array.of(MAX_PAIRS + 1).buffer)]],
  ])("refused: %s", (_, bytes) => {
    expect(decodePairs(Uint8Array.from(bytes)).ok).toBe(false);
  });

  test("no bytes make it throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof decodePairs(bytes).ok === "boolean"));
  });
});

describe("properties", () => {
  test.each([
    ["text", "GET", [71, 69, 84]],
    ["an integer", 5, [5, 0, 0, 0, 0, 0, 0, 0]],
    ["a negative integer", -1n, [255, 255, 255, 255, 255, 255, 255, 255]],
    ["a double", 0.5, [0, 0, 0, 0, 0, 0, 0xe0, 0x3f]],
    ["true", true, [1]],
    ["bytes", Uint8Array.of(9), [9]],
    ["a list has its elements in the keys", ["a"], [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 97, 0, 0]],
    ["a map", { a: "b", c: undefined }, [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 97, 0, 98, 0]],
  ])("%s", (_, value, bytes) => {
    expect([...encodeProperty(value)]).toEqual(bytes);
  });

  test.each([
    ["request\0method", ["request", "method"]],
    ["request\0method\0", ["request", "method"]],
    ["plugin_root_id", ["plugin_root_id"]],
    ["", [""]],
  ])("path %j", (path, segments) => {
    expect(splitPropertyPath(toBytes(path))).toEqual(segments);
  });

  test.each([
    [["a", "b"], 1],
    [["a", "c"], undefined],
    [["a", "b", "c"], undefined],
    [["toString"], undefined],
  ])("finds %j", (path, value) => {
    expect(findProperty({ a: { b: 1 } }, path)).toBe(value);
  });
});

test("names and numbers", () => {
  expect(nameOf(Status, 12)).toBe("Unimplemented");
  expect(nameOf(Status, 99)).toBe("99");
  expect(isOneOf(MapType, 7)).toBe(true);
  expect(isOneOf(MapType, 8)).toBe(false);
  expect(abiVersionOf(["memory", "proxy_abi_version_0_2_1"])).toBe("0.2.1");
  expect(abiVersionOf(["memory"])).toBeUndefined();
  expect(toText(Uint8Array.of(0xff))).toBe("\uFFFD");
});
