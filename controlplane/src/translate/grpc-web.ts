import type { Any } from "@bufbuild/protobuf/wkt";
import { GrpcWebSchema } from "../../gen/envoy/extensions/filters/http/grpc_web/v3/grpc_web_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Service } from "../model/types.ts";
import { create } from "./create.ts";
import { turnOnFilters } from "./filters.ts";
import { pack } from "./protobuf.ts";

const name = "envoy.filters.http.grpc_web";

/** Turns a browser's gRPC into the real one, and the answer back. */
export const grpcWebFilter: HttpFilter = create(HttpFilterSchema, {
  name,
  configType: { case: "typedConfig", value: pack(GrpcWebSchema, create(GrpcWebSchema)) },
});

/** The same in a listener for many services, off but for the hosts of those that it is for. */
const onDemand = create(HttpFilterSchema, { ...grpcWebFilter, disabled: true });

/** What a listener that leads to the services needs for those that speak it. */
export function grpcWebFor(services: readonly Service[]): readonly HttpFilter[] {
  return services.some(({ ports }) => ports.some(({ grpcWeb }) => grpcWeb === true)) ? [onDemand] : [];
}

/** The `typed_per_filter_config` that turns it on for a host. */
export const translateGrpcWeb: Readonly<Record<string, Any>> = turnOnFilters([name]);
