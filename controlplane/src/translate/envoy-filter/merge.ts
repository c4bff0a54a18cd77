import { clone, isMessage } from "@bufbuild/protobuf";
import type { DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";
import { anyPack, AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Any } from "@bufbuild/protobuf/wkt";
import { envoyTypes } from "../../envoy-types/registry.ts";

/** What becomes of lists: protobuf appends; Istio can also put the new one in the place of the old. */
export type Lists = "append" | "replace";

/**
 * A message with another merged into it, as protobuf merges: fields that the patch has win, messages are merged field by
 * field, maps key by key. As in Istio a Duration is one value, and so is a wrapped scalar; an Any of the same type is
 * merged inside. Neither of the two is changed.
 */
export function merged<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  patch: Message,
  lists: Lists = "append",
): MessageShape<D> {
  const into = clone(schema, message);
  if (!isMessage(patch, schema)) return into;
  // What is taken over from the patch must not be shared with what it is merged into next.
  mergeInto(reflect(schema, into), reflect(schema, clone(schema, patch)), lists);
  return into;
}

function mergeInto(into: ReflectMessage, from: ReflectMessage, lists: Lists): void {
  for (const field of from.fields) {
    if (from.isSet(field)) mergeField(field, into, from, lists);
  }
}

function mergeField(field: DescField, into: ReflectMessage, from: ReflectMessage, lists: Lists): void {
  switch (field.fieldKind) {
    case "list": {
      if (lists === "replace") into.clear(field);
      const list = into.get(field);
      for (const item of from.get(field)) list.add(item);
      return;
    }
    case "map": {
      const map = into.get(field);
      for (const [key, value] of from.get(field)) map.set(key, value);
      return;
    }
    case "message": {
      const value = from.get(field);
      into.set(field, into.isSet(field) && !isOneValue(field) ? mergedMessage(into.get(field), value, lists) : value);
      return;
    }
    case "scalar":
    case "enum":
      into.set(field, from.get(field));
  }
}

function isOneValue({ message }: { readonly message: DescMessage }): boolean {
  return /^google\.protobuf\.(Duration|Timestamp|\w+Value|Value)$/.test(message.typeName);
}

function mergedMessage(into: ReflectMessage, from: ReflectMessage, lists: Lists): ReflectMessage {
  const [a, b] = [into.message, from.message];
  if (isMessage(a, AnySchema) && isMessage(b, AnySchema)) return reflect(AnySchema, mergedAny(a, b, lists));
  mergeInto(into, from, lists);
  return into;
}

/** The one merged into the other where they are of one type that is known; otherwise the patch. */
export function mergedAny(into: Any, from: Any, lists: Lists = "append"): Any {
  const type = typeOf(into);
  const schema = type === typeOf(from) ? envoyTypes.getMessage(type) : undefined;
  const [a, b] = schema === undefined ? [] : [anyUnpack(into, schema), anyUnpack(from, schema)];
  return schema === undefined || a === undefined || b === undefined
    ? from
    : anyPack(schema, merged(schema, a, b, lists));
}

export function typeOf({ typeUrl }: Any): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}
