import { createHash, hash as hashOf } from "node:crypto";
import { isMessage } from "@bufbuild/protobuf";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { canonicalBytes } from "./canonical.ts";
import { TYPE_URLS } from "./kinds.ts";
import type { EncodedResource, Resource } from "./types.ts";

const encoded = new WeakMap<Resource, EncodedResource>();

/** Encodes a resource, once for each resource object: the same object gives the same bytes object. */
export function encode(resource: Resource): EncodedResource {
  const known = encoded.get(resource);
  if (known !== undefined) return known;
  const value = canonicalBytes(resource.schema, resource.message);
  const endpoint = endpointName(resource);
  const result: EncodedResource = {
    kind: resource.kind,
    typeUrl: TYPE_URLS[resource.kind],
    name: resource.name,
    version: versionOf(value),
    value,
    ...(endpoint === undefined ? {} : { endpoint }),
    origins: resource.origins,
  };
  const complete = withUpdates(resource, result);
  encoded.set(resource, complete);
  return complete;
}

function withUpdates({ schema, updates }: Resource, result: EncodedResource): EncodedResource {
  if (updates === undefined) return result;
  const variants = updates.map((message) => ({ ...result, value: canonicalBytes(schema, message) }));
  return { ...result, updates: variants };
}

/** 64 bits of SHA-256: the same after a restart, and short, since Envoy sends all versions back when it reconnects. */
function versionOf(value: Uint8Array): string {
  return hashOf("sha256", value, "hex").slice(0, 16);
}

/** A version for several resources together, whatever their order. */
export function versionOfAll(resources: Iterable<EncodedResource>): string {
  const hash = createHash("sha256");
  for (const version of [...resources].map((each) => `${each.name}\0${each.version}\n`).toSorted())
    hash.update(version);
  return hash.digest("hex").slice(0, 16);
}

function endpointName(resource: Resource): string | undefined {
  const { kind, message } = resource;
  if (kind !== "cluster" || !isMessage(message, ClusterSchema) || message.edsClusterConfig === undefined)
    return undefined;
  return message.edsClusterConfig.serviceName || resource.name;
}
