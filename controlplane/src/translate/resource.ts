import type { Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Cluster } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { TypedExtensionConfig } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { ClusterLoadAssignmentSchema } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { Listener } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import { SecretSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { Secret } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { ObjectRef } from "../model/types.ts";
import type { Resource, ResourceKind } from "../snapshot/types.ts";
import { compare } from "./protobuf.ts";

type Origins = Iterable<ObjectRef>;

export function clusterResource(message: Cluster, origins: Origins): Resource {
  return resource("cluster", message.name, ClusterSchema, message, origins);
}

export function endpointResource(message: ClusterLoadAssignment, origins: Origins): Resource {
  return resource("endpoint", message.clusterName, ClusterLoadAssignmentSchema, message, origins);
}

export function listenerResource(message: Listener, origins: Origins): Resource {
  return resource("listener", message.name, ListenerSchema, message, origins);
}

export function routeResource(message: RouteConfiguration, origins: Origins): Resource {
  return resource("route", message.name, RouteConfigurationSchema, message, origins);
}

export function secretResource(message: Secret, origins: Origins): Resource {
  return resource("secret", message.name, SecretSchema, message, origins);
}

export function extensionResource(
  message: TypedExtensionConfig,
  updates: readonly TypedExtensionConfig[],
  origins: Origins,
): Resource {
  return { ...resource("extension", message.name, TypedExtensionConfigSchema, message, origins), updates };
}

/** An extension that Envoy takes over at once, without code to fetch. */
export function nativeExtensionResource(message: TypedExtensionConfig, origins: Origins): Resource {
  return resource("extension", message.name, TypedExtensionConfigSchema, message, origins);
}

function resource<M extends Message>(
  kind: ResourceKind,
  name: string,
  schema: GenMessage<M>,
  message: M,
  origins: Origins,
): Resource {
  return { kind, name, schema, message, origins: [...new Set(origins)] };
}

/** Sorts by kind and name, so that equal meshes give equal lists. */
export function sortResources(resources: readonly Resource[]): readonly Resource[] {
  return resources.toSorted((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
}
