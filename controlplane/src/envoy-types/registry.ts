import { createRegistry } from "@bufbuild/protobuf";
import type { Registry } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { files } from "../../gen/index.js";

/** Every message type that may stand packed in an Any: Envoy's as far as they are generated, and protobuf's own. */
export const envoyTypes: Registry = createRegistry(
  ...files,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
);

/** Names of all message types that are configurations of Envoy. */
export function configurationTypes(): string[] {
  return [...envoyTypes]
    .filter(({ kind }) => kind === "message")
    .map(({ typeName }) => typeName)
    .filter((name) => /^(envoy\.(extensions|config)|udpa\.type|xds\.type)\./.test(name));
}
