import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { NodeMatcher } from "../../gen/envoy/type/matcher/v3/node_pb.js";
import type { DoubleMatcher } from "../../gen/envoy/type/matcher/v3/number_pb.js";
import type { StructMatcher } from "../../gen/envoy/type/matcher/v3/struct_pb.js";
import type { ValueMatcher } from "../../gen/envoy/type/matcher/v3/value_pb.js";
import { matchesString } from "../explain/match-string.ts";

/** A client of the xDS port as it describes itself. */
export interface MatchedNode {
  readonly nodeId: string;
  readonly metadata: JsonObject;
}

/** Whether a node is as one of the matchers says; without matchers every node is (Envoy: envoy.service.status.v3). */
export function matchesNode(matchers: readonly NodeMatcher[], { nodeId, metadata }: MatchedNode): boolean {
  if (matchers.length === 0) return true;
  return matchers.some(
    (matcher) =>
      (matcher.nodeId === undefined || matchesString(matcher.nodeId, nodeId)) &&
      matcher.nodeMetadatas.every((each) => matchesStruct(each, metadata)),
  );
}

/** envoy.type.matcher.v3.StructMatcher: the value at the end of a path of keys. */
function matchesStruct({ path, value: matcher }: StructMatcher, metadata: JsonObject): boolean {
  let value: JsonValue | undefined = metadata;
  for (const { segment } of path) {
    value =
      segment.case === "key" && isObject(value) && Object.hasOwn(value, segment.value)
        ? value[segment.value]
        : undefined;
  }
  return matcher !== undefined && matchesValue(matcher, value);
}

function matchesValue({ matchPattern: pattern }: ValueMatcher, value: JsonValue | undefined): boolean {
  switch (pattern.case) {
    case "nullMatch":
      return value === null;
    case "doubleMatch":
      return typeof value === "number" && matchesDouble(pattern.value, value);
    case "stringMatch":
      return typeof value === "string" && matchesString(pattern.value, value);
    case "boolMatch":
      return value === pattern.value;
    case "presentMatch":
      return (value !== undefined) === pattern.value;
    case "listMatch": {
      const { matchPattern: one } = pattern.value;
      return one.case === "oneOf" && Array.isArray(value) && value.some((each) => matchesValue(one.value, each));
    }
    case "orMatch":
      return pattern.value.valueMatchers.some((each) => matchesValue(each, value));
    case undefined:
      return false;
    default:
      return pattern satisfies never;
  }
}

/** The end of a range does not belong to it. */
function matchesDouble({ matchPattern: pattern }: DoubleMatcher, value: number): boolean {
  if (pattern.case === "exact") return value === pattern.value;
  return pattern.case === "range" && value >= pattern.value.start && value < pattern.value.end;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
