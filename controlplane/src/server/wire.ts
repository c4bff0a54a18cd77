import { fromBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { DeltaDiscoveryRequestSchema } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { EncodedResource } from "../snapshot/types.ts";
import type { DeltaRequest, DeltaResponse } from "../xds/types.ts";

/** What an Envoy says about itself in its first request. Text from outside: cleaned before it is shown. */
export interface NodeInfo {
  readonly proxyId: string;
  /** Such as `1.40.0`; empty if not said. */
  readonly envoyVersion: string;
}

export interface DecodedRequest {
  readonly request: DeltaRequest;
  readonly node?: NodeInfo;
}

/** Throws on bytes that are no DeltaDiscoveryRequest; gRPC ends the stream then. */
export function decodeRequest(bytes: Uint8Array): DecodedRequest {
  const message = fromBinary(DeltaDiscoveryRequestSchema, bytes, { readUnknownFields: false });
  const request: DeltaRequest = {
    typeUrl: message.typeUrl,
    subscribe: message.resourceNamesSubscribe,
    unsubscribe: message.resourceNamesUnsubscribe,
    initialVersions: message.initialResourceVersions,
    nonce: message.responseNonce,
    ...(message.errorDetail === undefined ? {} : { error: message.errorDetail.message.trim() }),
  };
  return message.node === undefined ? { request } : { request, node: nodeInfo(message.node) };
}

/** Istio's form of node ids is `kind~address~name.namespace~domain`; another id is taken as it is. */
function nodeInfo(node: Node): NodeInfo {
  const proxyId = node.id.split("~")[2] ?? node.id;
  const build = node.userAgentVersionType;
  const version = build.case === "userAgentBuildVersion" ? build.value.version : undefined;
  const { majorNumber, minorNumber, patch } = version ?? {};
  const envoyVersion = version === undefined ? "" : `${majorNumber}.${minorNumber}.${patch}`;
  return { proxyId: printable(proxyId), envoyVersion };
}

/** Control characters could forge lines of the log. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?").slice(0, 256);
}

const wrapped = new WeakMap<EncodedResource, Uint8Array>();

/**
 * A DeltaDiscoveryResponse as bytes. The part of each resource is made once and used for all streams; per stream only
 * the frame around them is written. The numbers are the fields' of envoy/service/discovery/v3/discovery.proto.
 */
export function encodeResponse({ typeUrl, nonce, resources, removed }: DeltaResponse): Buffer {
  const writer = new BinaryWriter();
  for (const resource of resources) writer.tag(2, WireType.LengthDelimited).bytes(wrap(resource));
  writer.tag(4, WireType.LengthDelimited).string(typeUrl);
  writer.tag(5, WireType.LengthDelimited).string(nonce);
  for (const name of removed) writer.tag(6, WireType.LengthDelimited).string(name);
  const bytes = writer.finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The `Resource` message around a resource's bytes. */
function wrap(resource: EncodedResource): Uint8Array {
  const known = wrapped.get(resource);
  if (known !== undefined) return known;
  const any = new BinaryWriter();
  any.tag(1, WireType.LengthDelimited).string(resource.typeUrl);
  any.tag(2, WireType.LengthDelimited).bytes(resource.value);
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(resource.version);
  writer.tag(2, WireType.LengthDelimited).bytes(any.finish());
  writer.tag(3, WireType.LengthDelimited).string(resource.name);
  const bytes = writer.finish();
  wrapped.set(resource, bytes);
  return bytes;
}
