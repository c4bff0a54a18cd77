import { withOverrides } from "./layers.ts";
import type { Rejection } from "./rejection.ts";
import type { EncodedResource, ProxySnapshot, ResourceKind } from "./types.ts";

/** The snapshot with what stands in for refused resources, or without them where nothing does. */
export function substitute(desired: ProxySnapshot, rejections: readonly Rejection[]): ProxySnapshot {
  if (rejections.length === 0) return desired;
  const overrides = new Map<ResourceKind, Map<string, EncodedResource>>();
  const set = (resource: EncodedResource): void => {
    const of = overrides.get(resource.kind) ?? new Map<string, EncodedResource>();
    overrides.set(resource.kind, of.set(resource.name, resource));
  };
  for (const { resource, good, companions } of rejections) {
    // Another version than the refused one, so that it counts as a change when it is given again.
    set(good ?? { ...resource, version: "", withheld: true });
    for (const each of companions) if (!desired.resources[each.kind].has(each.name)) set(each);
  }
  const resources = { ...desired.resources };
  for (const [kind, layer] of overrides) resources[kind] = withOverrides(desired.resources[kind], layer);
  return { ...desired, resources };
}
