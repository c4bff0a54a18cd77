import { toText } from "../../abi/bytes.ts";
import { isOneOf, LogLevel, MapType, nameOf, Status } from "../../abi/numbers.ts";
import { decodePairs, encodePairs } from "../../abi/pairs.ts";
import type { StreamContext, StreamMaps } from "../contexts.ts";
import { HeaderMap } from "../header-map.ts";
import { hostCall } from "../host-call.ts";
import type { VmState } from "../vm-state.ts";

const FIELDS: Readonly<Record<number, keyof StreamMaps>> = {
  [MapType.HttpRequestHeaders]: "requestHeaders",
  [MapType.HttpRequestTrailers]: "requestTrailers",
  [MapType.HttpResponseHeaders]: "responseHeaders",
  [MapType.HttpResponseTrailers]: "responseTrailers",
};
/** What a call-out brought, to be read only; it belongs to the plugin, whichever of its contexts is in effect. */
const RECEIVED: Readonly<Record<number, "headers" | "trailers" | "grpcInitial" | "grpcTrailing">> = {
  [MapType.HttpCallResponseHeaders]: "headers",
  [MapType.HttpCallResponseTrailers]: "trailers",
  [MapType.GrpcReceiveInitialMetadata]: "grpcInitial",
  [MapType.GrpcReceiveTrailingMetadata]: "grpcTrailing",
};

/** The callbacks that bring something; what did not come is no mistake there. */
const RECEIVING: ReadonlySet<string> = new Set([
  "proxy_on_http_call_response",
  "proxy_on_grpc_receive_initial_metadata",
  "proxy_on_grpc_receive",
  "proxy_on_grpc_receive_trailing_metadata",
  "proxy_on_grpc_close",
]);

/**
 * The map, or undefined when it is not there now: before it arrives, or after its stream went on. The log phase reads from
 * maps of its own, which hold everything but the request's trailers, and which cannot be written.
 */
function mapOf(vm: VmState, type: number, access: "read" | "write"): HeaderMap | undefined {
  const received = RECEIVED[type];
  const given = access === "read" && received !== undefined ? vm.root?.received[received] : undefined;
  const map = received === undefined ? streamMap(vm, FIELDS[type], access) : given;
  if (access === "read" && received !== undefined && map === undefined && !RECEIVING.has(vm.callback)) {
    vm.misuse("outside-callback", `${nameOf(MapType, type)} read in ${vm.callback}`);
  } else if (map === undefined)
    vm.log(LogLevel.Debug, "host", `${nameOf(MapType, type)} are not available in ${vm.callback}`);
  return map;
}

function streamMap(vm: VmState, field: keyof StreamMaps | undefined, access: "read" | "write"): HeaderMap | undefined {
  const { stream } = vm;
  if (stream === undefined || field === undefined) return undefined;
  if (stream.logging && access === "read" && field !== "requestTrailers") return stream.shared.all[field];
  return stream.open[field] ?? (access === "write" ? newTrailers(vm, stream, field) : undefined);
}

/** The body callback at the end of a message may make trailers for it, by addressing them to write. */
function newTrailers(vm: VmState, stream: StreamContext, field: keyof StreamMaps): HeaderMap | undefined {
  const side = field === "requestTrailers" ? "request" : "response";
  const fits = field.endsWith("Trailers") && vm.callback === `proxy_on_${side}_body` && stream.endOfStream;
  if (!fits || vm.current !== stream) return undefined;
  const made = new HeaderMap();
  stream.open[field] = made;
  return made;
}

/** Reading tells "not now" from "no such header", but for the log phase. */
function unreadable(vm: VmState, type: number): Status {
  return vm.stream?.logging === true && isOneOf(MapType, type) ? Status.NotFound : Status.BadArgument;
}

/** A map that is not there has no pairs, and that is no error here, unlike everywhere else. */
export const proxyGetHeaderMapPairs = hostCall(["u32"], ["bytes"], (vm, type) => {
  if (!isOneOf(MapType, type)) return Status.BadArgument;
  const map = mapOf(vm, type, "read");
  return [map === undefined || map.count === 0 ? new Uint8Array(0) : encodePairs(map.pairs())];
});

/** The size in bytes, not the count, of a map that could be written as well; the log phase has none such. */
export const proxyGetHeaderMapSize = hostCall(["u32"], ["u32"], (vm, type) => {
  const map = mapOf(vm, type, "write");
  return map === undefined ? Status.BadArgument : [map.byteSize];
});

/** Only the first of several values. */
export const proxyGetHeaderMapValue = hostCall(["u32", "bytes"], ["bytes"], (vm, type, key) => {
  const map = mapOf(vm, type, "read");
  if (map === undefined) return unreadable(vm, type);
  const value = map.get(toText(key));
  if (value === undefined && vm.abiVersion === "0.1.0") return [new Uint8Array(0)];
  return value === undefined ? Status.NotFound : [value];
});

/** Pairs that Envoy cannot read count as none: the map is empty then. The host says so aloud. */
export const proxySetHeaderMapPairs = hostCall(["u32", "bytes"], [], (vm, type, bytes) => {
  const map = mapOf(vm, type, "write");
  if (map === undefined) return Status.BadArgument;
  const decoded = decodePairs(bytes);
  if (!decoded.ok) vm.misuse("unreadable-pairs", `proxy_set_header_map_pairs: ${decoded.error}`);
  map.assign(decoded.ok ? decoded.pairs : []);
  return Status.Ok;
});

export const proxyAddHeaderMapValue = hostCall(["u32", "bytes", "bytes"], [], (vm, type, key, value) =>
  change(vm, type, (map) => map.add(nameFrom(vm, key), value.slice())),
);

export const proxyReplaceHeaderMapValue = hostCall(["u32", "bytes", "bytes"], [], (vm, type, key, value) =>
  change(vm, type, (map) => map.replace(nameFrom(vm, key), value.slice())),
);

/** A header that is not there is removed already. */
export const proxyRemoveHeaderMapValue = hostCall(["u32", "bytes"], [], (vm, type, key) =>
  change(vm, type, (map) => map.remove(toText(key))),
);

function nameFrom(vm: VmState, key: Uint8Array): string {
  const name = toText(key);
  if (name !== name.toLowerCase()) vm.misuse("upper-case-header", `the header name "${name}" in ${vm.callback}`);
  return name;
}

function change(vm: VmState, type: number, apply: (map: HeaderMap) => void): Status {
  const map = mapOf(vm, type, "write");
  if (map === undefined) return Status.BadArgument;
  apply(map);
  return Status.Ok;
}
