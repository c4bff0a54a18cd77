import type { JsonObject } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { Any } from "@bufbuild/protobuf/wkt";
import { MetadataSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Metadata } from "../../gen/envoy/config/core/v3/base_pb.js";
import { FilterConfigSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { FilterConfigSchema as GrpcStatsSchema } from "../../gen/envoy/extensions/filters/http/grpc_stats/v3/config_pb.js";
import { RouterSchema } from "../../gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { WasmSchema } from "../../gen/envoy/extensions/filters/http/wasm/v3/wasm_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { bundlePrograms } from "../policy/index.ts";
import type { BundledPrograms } from "../policy/index.ts";
import { keepBytes } from "../snapshot/canonical.ts";
import { adsConfigSource } from "./config-source.ts";
import { corsFilter } from "./cors.ts";
import { create } from "./create.ts";
import { metadataKey } from "./names.ts";
import { pack } from "./protobuf.ts";
import { responseFaultFilters } from "./response-faults.ts";

/** Which way the requests of a listener go: to a sidecar's own program, or out of a program or a gateway. */
export const DIRECTIONS = ["inbound", "outbound"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/**
 * The modules of the control plane's store: one has all four policies (docs/rationale.md tells why), the other decides
 * about connections that are not HTTP.
 */
export const moduleNames = ["policies", "authorization"] as const;
export type ModuleName = (typeof moduleNames)[number];

/** Name of a direction's policy filter, and of the extension resource that configures it: Envoy asks for it by this name. */
export function filterName(direction: Direction): string {
  return `sluice.${direction}`;
}

/**
 * The HTTP filters of every listener of a direction: always the same, so that no change of a policy changes a listener.
 * The policies are off until a route turns them on: they come and go with their routes at once, and cost nothing where
 * there are none.
 */
export function httpFilters(direction: Direction): readonly HttpFilter[] {
  return (filtersOf[direction] ??= makeFilters(direction));
}

const filtersOf: Partial<Record<Direction, readonly HttpFilter[]>> = {};

function makeFilters(direction: Direction): HttpFilter[] {
  const policies = create(HttpFilterSchema, {
    name: filterName(direction),
    disabled: true,
    configType: {
      case: "configDiscovery",
      value: { configSource: adsConfigSource, typeUrls: [`type.googleapis.com/${WasmSchema.typeName}`] },
    },
  });
  // CORS after access and faults would be Istio's order. Both are in our filter, which CORS stands behind, so that its own answers'
  // headers are the last word.
  return [grpcStats, policies, ...responseFaultFilters, corsFilter, router].map((filter) =>
    keepBytes(HttpFilterSchema, filter),
  );
}

// Counts the messages of gRPC, which telemetry reads when the stream ends: a Wasm filter would have to see all bodies.
const grpcStats = create(HttpFilterSchema, {
  name: "envoy.filters.http.grpc_stats",
  configType: {
    case: "typedConfig",
    value: pack(
      GrpcStatsSchema,
      create(GrpcStatsSchema, {
        emitFilterState: true,
        perMethodStatSpecifier: { case: "statsForAllMethods", value: { value: false } },
      }),
    ),
  },
});

const router = create(HttpFilterSchema, {
  name: "envoy.filters.http.router",
  configType: { case: "typedConfig", value: pack(RouterSchema, create(RouterSchema)) },
});

// A present but empty configuration turns a filter on as it is; an absent one is an error to Envoy.
export const on: Any = pack(FilterConfigSchema, create(FilterConfigSchema, { config: create(AnySchema) }));

/** The `typed_per_filter_config` that turns a direction's policies on. */
export function turnOn(direction: Direction): Record<string, Any> {
  return turnOnFilters([filterName(direction)]);
}

/** The same for any filters that are off in their listener. */
export function turnOnFilters(names: readonly string[]): Record<string, Any> {
  return Object.fromEntries(names.map((name) => [name, on]));
}

/** Route metadata with the programs that are the route's own; base64 because metadata is JSON. */
export function programMetadata(programs: BundledPrograms): Metadata {
  const fields: JsonObject = { policies: base64Encode(bundlePrograms(programs) ?? new Uint8Array()) };
  return create(MetadataSchema, { filterMetadata: { [metadataKey]: fields } });
}
