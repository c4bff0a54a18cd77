import { Status } from "../../abi/numbers.ts";
import { encodeProperty, findProperty, isTree, type PropertyTree, splitPropertyPath } from "../../abi/property.ts";
import { hostCall } from "../host-call.ts";
import { pluginProperties, streamProperties } from "../stream-properties.ts";
import type { VmState } from "../vm-state.ts";

/** Where a property may come from, the first that has it wins: what the test gave, for the stream or the host; else what follows from the stream. */
function* sources(vm: VmState): Generator<PropertyTree> {
  const { stream, root } = vm;
  if (stream !== undefined) yield stream.properties;
  yield vm.world.properties;
  if (stream !== undefined) yield streamProperties(stream);
  if (root !== undefined) yield pluginProperties(root, vm.vmId);
}

export const proxyGetProperty = hostCall(["bytes"], ["bytes"], (vm, path) => {
  const segments = splitPropertyPath(path);
  if (path.length === 0) return Status.SerializationFailure;
  for (const tree of sources(vm)) {
    const value = findProperty(tree, segments);
    // A whole group of attributes, such as `request`, is nothing that Envoy can write down.
    if (isTree(value) && segments.length === 1) return Status.SerializationFailure;
    if (value !== undefined) return [encodeProperty(value)];
  }
  return Status.NotFound;
});
