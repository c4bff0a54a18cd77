import { array, assert, constant, constantFrom, oneof, property, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import { covers } from "../model/index.ts";
import { HostMap, intersection } from "./host.ts";

test.each([
  ["*", "a.com", "a.com"],
  ["a.com", "*", "a.com"],
  ["*.a.com", "b.a.com", "b.a.com"],
  ["*.a.com", "*.b.a.com", "*.b.a.com"],
  ["*.a.com", "a.com", undefined],
  ["*.a.com", "*.b.com", undefined],
  ["a.com", "b.com", undefined],
  ["*", "*", "*"],
])("intersection of %s and %s is %s", (a, b, expected) => {
  expect(intersection(a, b)).toBe(expected);
});

describe("HostMap", () => {
  test("finds the exact host before the longest wildcard", () => {
    const map = new HostMap<number>();
    for (const [host, value] of [
      ["*", 1],
      ["*.com", 2],
      ["*.a.com", 3],
      ["b.a.com", 4],
    ] as const) {
      map.add(host, value);
    }
    const found = ["b.a.com", "c.a.com", "b.com", "b.org", "*.a.com", "*.b.a.com"].map((host) => map.find(host));
    expect(found).toEqual([4, 3, 2, 1, 3, 3]);
  });

  test("keeps the first value of a host", () => {
    const map = new HostMap<number>();
    expect([map.add("a", 1), map.add("a", 2), map.add("*a", 3), map.own("a")]).toEqual([true, false, true, 1]);
  });

  test("finds what a search over all hosts finds", () => {
    const label = constantFrom("a", "b", "ab");
    const name = array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
    const host = oneof(
      name,
      name.map((rest) => `*.${rest}`),
      constant("*"),
    );
    assert(
      property(uniqueArray(host), host, (hosts, wanted) => {
        const map = new HostMap<string>();
        for (const each of hosts) {
          map.add(each, each);
        }
        const best = hosts.filter((each) => covers(each, wanted)).toSorted((a, b) => b.length - a.length)[0];
        expect(map.find(wanted)).toBe(hosts.includes(wanted) ? wanted : best);
      }),
    );
  });
});
