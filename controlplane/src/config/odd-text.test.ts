import { expect, test } from "vitest";
import { parseFiles } from "./parse-files.ts";
import { visible, withoutOddSigns } from "./visible.ts";

test.each<[what: string, text: string, place: string, message: RegExp]>([
  ["a template's value", "metadata:\n  name: {{ .Release.Name }}\n", "2:9", /^this is a template/],
  ["a template's block", "{{- if .Values.on }}\na: 1\n{{- end }}\n", "1:1", /^this is a template/],
  ["a template's function", 'a:\n{{ include "x" . | indent 2 }}\nb: [\n', "2:1", /^this is a template/],
  ["UTF-16", "\uFFFD\uFFFDa\0p\0", "1:4", /^this is no text in UTF-8/],
  ["a line that is indented unlike the one before", "a:\n  - b:\n   - c\n", "3:4", /indented unlike/],
])("%s is told once, at its place", (_, text, place, message) => {
  const found = parseFiles([{ path: "x.yaml", text }]).flatMap(({ diagnostics }) => diagnostics);
  expect(found.map(({ position: { line, column } }) => `${line}:${column}`)).toEqual([place]);
  expect(found[0]?.message).toMatch(message);
});

test.each(["a: { b: { c: d } }\n", 'a: "{{ .x }}"\n', "a: {{}: b}\n"])("%j is not taken for a template", (text) => {
  const found = parseFiles([{ path: "x.yaml", text }]).flatMap(({ diagnostics }) => diagnostics);
  expect(found.filter(({ message }) => message.includes("template"))).toEqual([]);
});

test.each([
  ["reviews\u200B", "reviews\\u{200b}", "reviews"],
  ["“reviews”", "“reviews”", "reviews"],
  ["reviews", "reviews", undefined],
  ["\u00A0", "\\u{a0}", undefined],
])("what cannot be seen in %j", (text, shown, plain) => {
  expect([visible(text), withoutOddSigns(text)]).toEqual([shown, plain]);
});
