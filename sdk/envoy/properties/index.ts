// Typed accessors for the attributes that Envoy documents. Paths are encoded while compiling; an accessor that a filter
// does not use is not in its module.

export { ConnectionProperties, DestinationProperties, SourceProperties } from "./connection";
export { joinPath } from "./path";
export { LegacyProperties, PluginProperties } from "./plugin";
export { RequestProperties } from "./request";
export { ResponseProperties } from "./response";
export { StreamState } from "./stream-state";
export { UpstreamProperties } from "./upstream";
export {
  PropertyList,
  PropertyMap,
  boolOf,
  f64Of,
  getPropertyF64,
  getPropertyList,
  getPropertyMap,
  i64Of,
} from "./values";
export { NodeProperties, XdsProperties } from "./xds";
