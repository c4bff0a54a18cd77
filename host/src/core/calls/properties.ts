import { toText } from "../../abi/bytes.ts";
import { Status } from "../../abi/numbers.ts";
import { encodeProperty, splitPropertyPath } from "../../abi/property.ts";
import { attribute, isGroup, PREFIX } from "../attributes.ts";
import { filterStateOf } from "../filter-state.ts";
import { hostCall } from "../host-call.ts";

export const proxyGetProperty = hostCall(["bytes"], ["bytes"], (vm, path) => {
  const segments = splitPropertyPath(path);
  if (path.length === 0) return Status.SerializationFailure;
  const value = attribute(vm, segments);
  if (isGroup(segments, value)) return Status.SerializationFailure;
  return value === undefined ? Status.NotFound : [encodeProperty(value)];
});

/** Kept for the stream as `wasm.<path>`, where later filters and access logs find it. Without a stream there is no place. */
export const proxySetProperty = hostCall(["bytes", "bytes"], [], (vm, path, value) => {
  const state = filterStateOf(vm);
  if (state === undefined) return Status.NotFound;
  state.set(`${PREFIX}${toText(path)}`, value.slice());
  return Status.Ok;
});
