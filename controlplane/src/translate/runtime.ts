import type { JsonValue } from "@bufbuild/protobuf";
import { RuntimeSchema } from "../../gen/envoy/service/runtime/v3/rtds_pb.js";
import type { MeshConfig } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import { sortedEntries } from "./protobuf.ts";

/** The layer of Envoy's runtime that the mesh fills, and the resource that it comes by (RTDS). */
const layerName = "sluice.mesh";

/** For the bootstrap: between what is fixed and what an operator sets on the Envoy's admin page. */
export function runtimeLayer(source: object): object {
  return { name: layerName, rtds_layer: { name: layerName, rtds_config: source } };
}

/** The mesh's runtime values; without any there is no such resource, which Envoys take for an empty layer. */
export function runtimeResources({ runtimeValues = {}, ref }: MeshConfig): Resource[] {
  const entries = sortedEntries(runtimeValues);
  if (entries.length === 0) return [];
  const layer = Object.fromEntries(entries.map(([key, text]) => [key, valueOf(text)]));
  const message = create(RuntimeSchema, { name: layerName, layer });
  return [
    { kind: "runtime", name: layerName, schema: RuntimeSchema, message, origins: ref === undefined ? [] : [ref] },
  ];
}

/** In Istio's field all values are text; Envoy wants numbers and truths as what they are. */
function valueOf(text: string): JsonValue {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
