import { fromBinary } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
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
  /** What it says beyond that; empty if that is more than is worth keeping. */
  readonly metadata: JsonObject;
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
  const metadata = isSmall(node.metadata) ? node.metadata : {};
  return { nodeId: printable(node.id), proxyId: proxyIdOf(node.id), envoyVersion, metadata, proxyClass };
}

/** Labels and the like; it is kept for as long as the stream, of as many streams as there are. */
const maxMetadata = 16_384;

function isSmall(metadata: JsonObject | undefined): metadata is JsonObject {
  return metadata !== undefined && JSON.stringify(metadata).length <= maxMetadata;
}

/** Control characters could forge lines of the log. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?").slice(0, 256);
}

/**
 * A DeltaDiscoveryResponse or DiscoveryResponse as bytes. The part of each resource is made once and used for all streams;
 * per stream only the frame around them is written, if at all, into a buffer of the right size: a first answer to an Envoy in a large
 * mesh has megabytes. The numbers are the fields' of envoy/service/discovery/v3/discovery.proto.
 */
export function encodeResponse(response: DiscoveryResponse): Buffer {
  const { typeUrl, nonce, resources, removed, unresolved = [], sotw } = response;
  const head = new BinaryWriter();
  if (sotw !== undefined) head.tag(1, WireType.LengthDelimited).string(sotw.version);
  head.tag(4, WireType.LengthDelimited).string(typeUrl);
  head.tag(5, WireType.LengthDelimited).string(nonce);
  if (sotw === undefined) for (const name of removed) head.tag(6, WireType.LengthDelimited).string(name);
  const parts = sotw === undefined ? [...resources.map(wrap), ...unresolved.map(empty)] : sotw.resources.map(anyOf);
  return shared(typeUrl, [head.finish(), ...parts]);
}

/** Of each type, the last large response and what it was made of. */
const recent = new Map<string, { readonly parts: readonly Uint8Array[]; readonly whole: Buffer }>();
const large = 16 * 1024;

/**
 * Streams count their responses alike, so Envoys that connect at once get the same bytes for the same resources: these are
 * put together once. What is small is not worth remembering.
 */
function shared(typeUrl: string, parts: readonly Uint8Array[]): Buffer {
  const last = recent.get(typeUrl);
  if (last !== undefined && isSame(last.parts, parts)) return last.whole;
  const whole = concat(parts);
  if (whole.length >= large) recent.set(typeUrl, { parts, whole });
  return whole;
}

/** The same parts after equal heads. */
function isSame([oldHead, ...old]: readonly Uint8Array[], [head, ...now]: readonly Uint8Array[]): boolean {
  if (oldHead === undefined || head === undefined || old.length !== now.length) return false;
  return Buffer.compare(oldHead, head) === 0 && now.every((part, index) => part === old[index]);
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

/** A `Resource` with a name, also as its alias, and nothing in it. */
function empty(name: string): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(3, WireType.LengthDelimited).string(name);
  writer.tag(4, WireType.LengthDelimited).string(name);
  return fieldOf(writer);
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
