import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { ObjectRef } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { adsConfigSource } from "./config-source.ts";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";
import { nativeExtensionResource } from "./resource.ts";

/** A place in a listener for a filter of Envoy's own, whose configuration comes and changes apart from the listener. */
export function nativeFilter(name: string, { typeName }: DescMessage): HttpFilter {
  return create(HttpFilterSchema, {
    name,
    disabled: true,
    configType: {
      case: "configDiscovery",
      value: { configSource: adsConfigSource, typeUrls: [`type.googleapis.com/${typeName}`] },
    },
  });
}

/** The configuration of such a filter. */
export function nativeExtension<D extends DescMessage>(
  name: string,
  schema: D,
  message: MessageShape<D>,
  origins: readonly ObjectRef[],
): Resource {
  const typedConfig = pack(schema, message);
  return nativeExtensionResource(create(TypedExtensionConfigSchema, { name, typedConfig }), origins);
}
