import { findProperty, isTree, type PropertyTree, type PropertyValue } from "../abi/property.ts";
import { filterStateOf } from "./filter-state.ts";
import { pluginProperties, streamProperties } from "./stream-properties.ts";
import type { VmState } from "./vm-state.ts";

/** What modules set is kept in Envoy's filter state under this. */
export const PREFIX = "wasm.";

/** The attribute at a path, for the context in effect; undefined when there is none. */
export function attribute(vm: VmState, path: readonly string[]): PropertyValue | undefined {
  for (const tree of sources(vm)) {
    const value = findProperty(tree, path);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A whole group of attributes, such as `request`, is nothing that Envoy can write down. */
export function isGroup(path: readonly string[], value: PropertyValue | undefined): boolean {
  return path.length === 1 && isTree(value);
}

/** Where a property may come from, the first that has it wins: what the test gave, for the stream or the host; else what follows from the stream. */
function* sources(vm: VmState): Generator<PropertyTree> {
  const { stream, connection, root } = vm;
  if (stream !== undefined) yield stream.properties;
  if (connection !== undefined) yield connection.properties;
  yield vm.world.properties;
  if (stream !== undefined) yield streamProperties(stream);
  if (root !== undefined) yield pluginProperties(root, vm.vmId);
  const state = filterStateOf(vm);
  if (state !== undefined) yield filterStateTree(state);
}

function filterStateTree(state: ReadonlyMap<string, Uint8Array>): PropertyTree {
  const all = [...state];
  const own = all
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, value]) => [key.slice(PREFIX.length), value] as const);
  return { ...Object.fromEntries(own), filter_state: Object.fromEntries(all) };
}
