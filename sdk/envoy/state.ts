import { Status } from "../abi/enums";
import { lastStatus } from "../http/status";
import { Bytes } from "../wire/bytes";
import { ProtoWriter } from "../wire/proto";
import { utf8 } from "../wire/utf8";
import { callForeignFunction } from "./foreign";

/** How long a state lives (ext/declare_property.proto). */
export enum LifeSpan {
  FilterChain = 0,
  DownstreamRequest = 1,
  DownstreamConnection = 2,
}

/** What a declared property holds (ext/declare_property.proto). */
export enum PropertyType {
  Bytes = 0,
  String = 1,
  FlatBuffers = 2,
  Protobuf = 3,
}

/**
 * Envoy: sets a filter state of its own, made of `value` by the factory that it has for `path`, such as
 * `envoy.tcp_proxy.cluster`. NotFound when there is no such factory.
 */
export function setEnvoyFilterState(path: Bytes, value: Bytes, span: LifeSpan = LifeSpan.FilterChain): Status {
  const message = ProtoWriter.create(path.length + value.length, 3)
    .bytes(1, path)
    .bytes(2, value)
    .number(3, span);
  callForeignFunction(utf8("set_envoy_filter_state"), message.end());
  return lastStatus();
}

/**
 * Envoy: says what a property of `setProperty` holds, so that access logs and CEL can use it. Once for a name, in
 * `onConfigure`.
 * @param readonly it can be set only once
 * @param schema for FlatBuffers the schema, for Protobuf the message's type URL; else empty
 */
export function declareProperty(
  name: Bytes,
  type: PropertyType,
  readonly: bool,
  schema: Bytes,
  span: LifeSpan = LifeSpan.FilterChain,
): Status {
  const message = ProtoWriter.create(name.length + schema.length, 5)
    .bytes(1, name)
    .number(2, u64(readonly))
    .number(3, type)
    .bytes(4, schema)
    .number(5, span);
  callForeignFunction(utf8("declare_property"), message.end());
  return lastStatus();
}
