import { fromJson } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { NodeMatcherSchema } from "../../gen/envoy/type/matcher/v3/node_pb.js";
import { matchesNode } from "./node-match.ts";

const node = {
  nodeId: "sidecar~127.0.0.1~front.shop~d",
  metadata: { NAMESPACE: "shop", LABELS: { app: "front" }, N: 5, ON: true, NONE: null, LIST: ["a", "b"] },
};
const metadata = (path: string, value: JsonObject): JsonObject => ({
  node_metadatas: [{ path: path.split(".").map((key) => ({ key })), value }],
});
const text = (exact: string): JsonObject => ({ string_match: { exact } });

test.each<[name: string, matchers: JsonObject[], expected: boolean]>([
  ["no matcher", [], true],
  ["an id", [{ node_id: { contains: "front" } }], true],
  ["an id by a regular expression of all of it", [{ node_id: { safe_regex: { regex: "sidecar~.*~d" } } }], true],
  ["another id", [{ node_id: { prefix: "router" } }], false],
  ["one of two", [{ node_id: { exact: "x" } }, { node_id: { suffix: "~D", ignore_case: true } }], true],
  ["metadata", [metadata("NAMESPACE", text("shop"))], true],
  ["metadata within metadata", [metadata("LABELS.app", text("front"))], true],
  ["a path that leads nowhere", [metadata("LABELS.app.x", text("front"))], false],
  ["a path to what every object has", [metadata("constructor", { present_match: true })], false],
  ["other metadata", [metadata("NAMESPACE", text("other"))], false],
  ["both id and metadata", [{ node_id: { contains: "front" }, ...metadata("NAMESPACE", text("other")) }], false],
  ["a number", [metadata("N", { double_match: { exact: 5 } })], true],
  ["a range without its end", [metadata("N", { double_match: { range: { start: 1, end: 5 } } })], false],
  ["a truth", [metadata("ON", { bool_match: true })], true],
  ["nothing", [metadata("NONE", { null_match: {} })], true],
  ["presence", [metadata("LABELS", { present_match: true })], true],
  ["absence", [metadata("X", { present_match: false })], true],
  ["one of a list", [metadata("LIST", { list_match: { one_of: text("b") } })], true],
  ["one or the other", [metadata("NAMESPACE", { or_match: { value_matchers: [text("x"), text("shop")] } })], true],
])("%s", (_, matchers, expected) => {
  expect(
    matchesNode(
      matchers.map((each) => fromJson(NodeMatcherSchema, each)),
      node,
    ),
  ).toBe(expected);
});
