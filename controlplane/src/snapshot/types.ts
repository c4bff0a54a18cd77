import type { Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import type { ObjectRef } from "../model/types.ts";

/** The xDS resource types that Sluice serves, by the short names of Envoy's discovery services. */
export type ResourceKind =
  | "cluster"
  | "endpoint"
  | "listener"
  | "route"
  | "virtualHost"
  | "extension"
  | "secret"
  | "runtime";

/**
 * One xDS resource before encoding. `translate` makes each resource once and puts the same object into the list of
 * every proxy that needs it, so that it is encoded and hashed once, however many proxies share it.
 */
export interface Resource<M extends Message = Message> {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly schema: GenMessage<M>;
  readonly message: M;
  /**
   * For an Envoy that has an earlier version of the resource: messages that mean the same as `message`, to be sent
   * instead of it, under its version. Envoy may reject one just because it is not ready for it; then the next is to be
   * sent after a moment, round and round. They differ, since Envoy takes a repetition for something it knows already.
   */
  readonly updates?: readonly M[];
  /** The user's objects that made it what it is: a NACK of this resource is shown on each of them. */
  readonly origins: readonly ObjectRef[];
}

/** All that one proxy should run. */
export interface ProxyResources {
  /** `Proxy.id` of the model. */
  readonly proxy: string;
  readonly resources: readonly Resource[];
  /**
   * Further resources, in lists that several proxies have in common: by the identity of a list the work on it is done
   * once for all of them. A name in `resources` wins over the same name in here.
   */
  readonly shared?: readonly (readonly Resource[])[];
}

/** A resource as it goes over the wire: the bytes of `Any.value`, made once and shared by all streams. */
export interface EncodedResource {
  readonly kind: ResourceKind;
  readonly typeUrl: string;
  readonly name: string;
  /** Hash of `value`: equal content has an equal version, also after a restart of the control plane. */
  readonly version: string;
  readonly value: Uint8Array;
  /** Of a cluster whose endpoints come by EDS: the name of its endpoint resource. */
  readonly endpoint?: string;
  /** `Resource.updates`, each like this resource but for its bytes. */
  readonly updates?: readonly EncodedResource[];
  /** Present: Envoys refuse these bytes and nothing better is known, so whoever has the resource keeps what it has. */
  readonly withheld?: true;
  readonly origins: readonly ObjectRef[];
}

/** The encoded resources of one proxy, by type and by name. */
export interface ProxySnapshot {
  readonly proxy: string;
  readonly resources: Readonly<Record<ResourceKind, ResourceTable>>;
}

/** Resources by name. A table never changes once it is made. */
export type ResourceTable = ReadonlyMap<string, EncodedResource>;
