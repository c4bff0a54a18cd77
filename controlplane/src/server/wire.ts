import { fromBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  DeltaDiscoveryRequestSchema,
  DiscoveryRequestSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { EncodedResource } from "../snapshot/types.ts";
import type { DeltaRequest, DiscoveryResponse, SotwRequest } from "../xds/types.ts";

/** What an Envoy says about itself in its first request. Text from outside: cleaned before it is shown. */
export interface NodeInfo {
  /** As the Envoy says it. */
  readonly nodeId: string;
  readonly proxyId: string;
  /** Such as `1.40.0`; empty if not said. */
  readonly envoyVersion: string;
  /** Envoys of one class take and refuse alike: those of one program and version. */
  readonly proxyClass: string;
}

/** A request of either variant, as it came over the wire. */
export type DecodedRequest = { readonly node?: NodeInfo } & (
  | { readonly type: "request"; readonly request: DeltaRequest }
  | { readonly type: "sotw"; readonly request: SotwRequest }
);

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
  return { type: "request", request, ...nodeOf(message) };
}

/** Throws on bytes that are no DiscoveryRequest. */
export function decodeSotwRequest(bytes: Uint8Array): DecodedRequest {
  const message = fromBinary(DiscoveryRequestSchema, bytes, { readUnknownFields: false });
  const request: SotwRequest = {
    typeUrl: message.typeUrl,
    names: message.resourceNames,
    version: message.versionInfo,
    nonce: message.responseNonce,
    ...(message.errorDetail === undefined ? {} : { error: message.errorDetail.message.trim() }),
  };
  return { type: "sotw", request, ...nodeOf(message) };
}

function nodeOf({ node }: { readonly node?: Node | undefined }): { node?: NodeInfo } {
  return node === undefined ? {} : { node: nodeInfo(node) };
}

/** Istio's form of node ids is `kind~address~name.namespace~domain`; another id is taken as it is. */
export function proxyIdOf(nodeId: string): string {
  return printable(nodeId.split("~")[2] ?? nodeId);
}

function nodeInfo(node: Node): NodeInfo {
  const build = node.userAgentVersionType;
  const version = build.case === "userAgentBuildVersion" ? build.value.version : undefined;
  const { majorNumber, minorNumber, patch } = version ?? {};
  const envoyVersion = version === undefined ? "" : `${majorNumber}.${minorNumber}.${patch}`;
  const proxyClass = printable(`${node.userAgentName || "unknown"} ${envoyVersion}`.trim());
  return { nodeId: printable(node.id), proxyId: proxyIdOf(node.id), envoyVersion, proxyClass };
}

/** Control characters could forge lines of the log. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?").slice(0, 256);
}

/**
 * A DeltaDiscoveryResponse or DiscoveryResponse as bytes. The part of each resource is made once and used for all streams;
 * per stream only the frame around them is written, into a buffer of the right size: a first answer to an Envoy in a large
 * mesh has megabytes. The numbers are the fields' of envoy/service/discovery/v3/discovery.proto.
 */
export function encodeResponse({ typeUrl, nonce, resources, removed, sotw }: DiscoveryResponse): Buffer {
  const head = new BinaryWriter();
  if (sotw !== undefined) head.tag(1, WireType.LengthDelimited).string(sotw.version);
  head.tag(4, WireType.LengthDelimited).string(typeUrl);
  head.tag(5, WireType.LengthDelimited).string(nonce);
  if (sotw === undefined) for (const name of removed) head.tag(6, WireType.LengthDelimited).string(name);
  const parts = sotw === undefined ? resources.map(wrap) : sotw.resources.map(anyOf);
  return concat([head.finish(), ...parts]);
}

function concat(parts: readonly Uint8Array[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const wrapped = new WeakMap<Uint8Array, Uint8Array>();
const anys = new WeakMap<Uint8Array, Uint8Array>();

/** The `resources` field with the `Resource` message around a resource's bytes. */
function wrap(resource: EncodedResource): Uint8Array {
  const known = wrapped.get(resource.value);
  if (known !== undefined) return known;
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(resource.version);
  writer.tag(2, WireType.LengthDelimited).bytes(makeAny(resource).finish());
  writer.tag(3, WireType.LengthDelimited).string(resource.name);
  const bytes = fieldOf(writer);
  wrapped.set(resource.value, bytes);
  return bytes;
}

/** The same with the `Any` alone, which is what the state of the world wants; made only when a stream of that variant does. */
function anyOf(resource: EncodedResource): Uint8Array {
  const known = anys.get(resource.value);
  if (known !== undefined) return known;
  const bytes = fieldOf(makeAny(resource));
  anys.set(resource.value, bytes);
  return bytes;
}

/** In both kinds of response the resources have the number 2. */
function fieldOf(message: BinaryWriter): Uint8Array {
  return new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(message.finish()).finish();
}

function makeAny({ typeUrl, value }: EncodedResource): BinaryWriter {
  const any = new BinaryWriter();
  any.tag(1, WireType.LengthDelimited).string(typeUrl);
  any.tag(2, WireType.LengthDelimited).bytes(value);
  return any;
}
