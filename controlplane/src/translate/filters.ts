import { create } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { Any } from "@bufbuild/protobuf/wkt";
import { MetadataSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Metadata } from "../../gen/envoy/config/core/v3/base_pb.js";
import { FilterConfigSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { RouterSchema } from "../../gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { WasmSchema } from "../../gen/envoy/extensions/filters/http/wasm/v3/wasm_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { adsConfigSource } from "./config-source.ts";
import { corsFilter } from "./cors.ts";
import { metadataKey } from "./names.ts";
import { pack } from "./protobuf.ts";

/** The four mesh policies, in the order in which their filters see a request. */
export const policyNames = ["authorization", "fault", "headers", "telemetry"] as const;
export type PolicyName = (typeof policyNames)[number];

/** Name of a policy's HTTP filter, and of the extension resource that configures it: Envoy asks for it by this name. */
export function filterName(policy: PolicyName): string {
  return `sluice.${policy}`;
}

/**
 * The HTTP filters of every listener: always the same, so that no change of a policy changes a listener. They are off
 * until a route turns them on: a policy comes and goes with its route at once, and costs nothing where there is none.
 */
export const httpFilters: readonly HttpFilter[] = [
  // CORS after access and faults, as in Istio; before our headers, so that its own answer headers are the last word.
  ...policyNames.flatMap((policy) =>
    policy === "fault" ? [policyFilter(policy), corsFilter] : [policyFilter(policy)],
  ),
  create(HttpFilterSchema, {
    name: "envoy.filters.http.router",
    configType: { case: "typedConfig", value: pack(RouterSchema, create(RouterSchema)) },
  }),
];

function policyFilter(policy: PolicyName): HttpFilter {
  return create(HttpFilterSchema, {
    name: filterName(policy),
    disabled: true,
    configType: {
      case: "configDiscovery",
      value: { configSource: adsConfigSource, typeUrls: [`type.googleapis.com/${WasmSchema.typeName}`] },
    },
  });
}

// A present but empty configuration turns a filter on as it is; an absent one is an error to Envoy.
export const on: Any = pack(FilterConfigSchema, create(FilterConfigSchema, { config: create(AnySchema) }));

/** The `typed_per_filter_config` that turns these policies' filters on. */
export function turnOn(policies: readonly PolicyName[]): Record<string, Any> {
  return Object.fromEntries(policies.map((policy) => [filterName(policy), on]));
}

/** Route metadata with the programs that the route's filters read, base64 because metadata is JSON. */
export function programMetadata(programs: Readonly<Partial<Record<PolicyName, Uint8Array>>>): Metadata {
  const fields: JsonObject = Object.fromEntries(
    Object.entries(programs).map(([policy, program]) => [policy, base64Encode(program)]),
  );
  return create(MetadataSchema, { filterMetadata: { [metadataKey]: fields } });
}
