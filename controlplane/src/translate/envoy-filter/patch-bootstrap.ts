import { fromJson, toJson } from "@bufbuild/protobuf";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { BootstrapSchema } from "../../../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { envoyTypes } from "../../envoy-types/registry.ts";
import type { Mesh, Proxy } from "../../model/types.ts";
import { merged } from "./merge.ts";
import { mergeLists } from "./patch-set.ts";
import { patchSets, tracesOfMesh } from "./select-patches.ts";

/** A bootstrap with the patches of BOOTSTRAP that hold for the proxy; the same object if there are none. */
export function patchedBootstrap(
  bootstrap: object,
  proxy: Proxy,
  mesh: Pick<Mesh, "config" | "envoyFilters" | "proxyConfigs">,
): object {
  const { traces } = patchSets(mesh, tracesOfMesh(mesh))(proxy);
  const contexts = proxy.kind === "gateway" ? ["ANY", "GATEWAY"] : ["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND"];
  const meant = traces.filter(({ patch }) => patch.applyTo === "BOOTSTRAP" && contexts.includes(patch.context));
  if (meant.length === 0) return bootstrap;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ours, made of plain values
  const message = fromJson(BootstrapSchema, bootstrap as JsonValue, { registry: envoyTypes });
  const patched = meant.reduce(
    (into, trace) => (trace.patch.value ? merged(BootstrapSchema, into, trace.patch.value, mergeLists(trace)) : into),
    message,
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a message is an object in JSON
  return toJson(BootstrapSchema, patched, { registry: envoyTypes, useProtoFieldName: true }) as JsonObject;
}
