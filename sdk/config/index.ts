// Readers for a plugin's configuration. Both say where it is wrong, and neither traps.

export { BinaryReader } from "./binary-reader";
export { configError } from "./config-error";
export { JsonKind, JsonReader } from "./json-reader";
