import { expect, test } from "vitest";
import { didYouMean, listAllowed, nearest } from "./suggestion.ts";

const fields = ["route", "redirect", "rewrite", "retries", "timeout", "match"];

test.each<[word: string, known: readonly string[], expected: string | undefined]>([
  ["rout", fields, "route"],
  ["routes", fields, "route"],
  ["tiemout", fields, "timeout"],
  ["TIMEOUT", fields, "timeout"],
  ["macth", fields, "match"],
  ["corsPolicy", fields, undefined],
  ["x", fields, undefined],
  ["", fields, undefined],
  ["route", [], undefined],
  ["v3", ["v1", "v2"], undefined],
])("%j is nearest to %j: %s", (word, known, expected) => {
  expect(nearest(word, known)).toBe(expected);
});

test("a suggestion is a question", () => {
  expect([didYouMean("rout", fields), didYouMean("xyz", fields)]).toEqual(['did you mean "route"?', undefined]);
});

test("a long list is cut", () => {
  expect([listAllowed(["a", "b"], 2), listAllowed(["a", "b", "c"], 2)]).toEqual(["a, b", "a, b, and 1 more"]);
});
