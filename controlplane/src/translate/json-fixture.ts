import { createRegistry, toJson } from "@bufbuild/protobuf";
import type { DescMessage, JsonValue, MessageShape, Registry } from "@bufbuild/protobuf";
import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { files } from "../../gen/index.js";
import type { Resource } from "../snapshot/types.ts";

/** The types that stand packed in our resources. */
const registry: Registry = createRegistry(BytesValueSchema, ...files);

/** A message as Envoy's documentation writes it, for tests that are read. */
export function asJson<D extends DescMessage>(schema: D, message: MessageShape<D>): JsonValue {
  return toJson(schema, message, { registry, useProtoFieldName: true });
}

export function resourceJson({ schema, message }: Resource): JsonValue {
  return asJson(schema, message);
}
