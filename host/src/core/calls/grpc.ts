import { toText } from "../../abi/bytes.ts";
import { Status } from "../../abi/numbers.ts";
import { bytesField, readProto } from "../../abi/protobuf.ts";
import type { GrpcEvents, GrpcWire } from "../call-outs.ts";
import type { Received, RootContext } from "../contexts.ts";
import { HeaderMap, type Header } from "../header-map.ts";
import { hostCall } from "../host-call.ts";
import type { VmState } from "../vm-state.ts";
import { headerMap } from "./http-call.ts";

/** A call or stream under way, by its token. */
interface Open {
  readonly wire: GrpcWire;
  localClosed: boolean;
  remoteClosed: boolean;
}

const openByVm = new WeakMap<VmState, Map<number, Open>>();

function openOf(vm: VmState): Map<number, Open> {
  const held = openByVm.get(vm) ?? new Map<number, Open>();
  openByVm.set(vm, held);
  return held;
}

const isCall = (token: number): boolean => token % 2 === 1;

export const proxyGrpcCall = hostCall(
  ["bytes", "bytes", "bytes", "bytes", "bytes", "i32"],
  ["u32"],
  (vm, upstream, service, method, metadata, message, timeoutMs) =>
    begin(vm, "call", { upstream, service, method, metadata, message, timeoutMs }),
);

export const proxyGrpcStream = hostCall(
  ["bytes", "bytes", "bytes", "bytes"],
  ["u32"],
  (vm, upstream, service, method, metadata) =>
    begin(vm, "stream", { upstream, service, method, metadata, message: new Uint8Array(0), timeoutMs: 0 }),
);

interface Wanted {
  readonly upstream: Uint8Array;
  readonly service: Uint8Array;
  readonly method: Uint8Array;
  readonly metadata: Uint8Array;
  readonly message: Uint8Array;
  readonly timeoutMs: number;
}

function begin(vm: VmState, kind: "call" | "stream", wanted: Wanted): Status | [number] {
  const { root } = vm;
  const cluster = clusterOf(wanted.upstream, vm);
  if (root === undefined) return Status.BadArgument;
  if (cluster === undefined) {
    vm.explain(`proxy_grpc_${kind}: the upstream is neither a GrpcService nor a cluster's name: ParseFailure (4)`);
    return Status.ParseFailure;
  }
  if (!vm.world.callOuts.hasGrpc(cluster)) {
    vm.misuse("unknown-cluster", `proxy_grpc_${kind}: there is no cluster "${cluster}"`);
    return Status.InternalFailure;
  }
  const token = vm.nextGrpcToken(kind);
  const wire = vm.world.callOuts.grpc({
    kind,
    cluster,
    service: toText(wanted.service),
    method: toText(wanted.method),
    metadata: headerMap(vm, "initial metadata", wanted.metadata),
    message: wanted.message.slice(),
    timeoutMs: wanted.timeoutMs,
    events: events(vm, root, token),
  });
  openOf(vm).set(token, { wire, localClosed: false, remoteClosed: false });
  return [token];
}

/** GrpcService {1: envoy_grpc {1: cluster_name}, 2: google_grpc {1: target_uri}}; else the name of a cluster itself. */
function clusterOf(upstream: Uint8Array, vm: VmState): string | undefined {
  const plain = toText(upstream);
  if (vm.world.callOuts.hasGrpc(plain)) return plain;
  const service = readProto(upstream);
  const target = service && (bytesField(service, 1) ?? bytesField(service, 2));
  const fields = target === undefined ? undefined : readProto(target);
  const name = fields === undefined ? undefined : bytesField(fields, 1);
  return name === undefined ? undefined : toText(name);
}

/** What a server does becomes callbacks of the plugin, until the call or stream is gone. */
function events(vm: VmState, root: RootContext, token: number): GrpcEvents {
  const tell = (callback: string, size: number, received: Received): void => {
    if (!openOf(vm).has(token)) return;
    root.received = received;
    vm.invoke(root, callback, [token, size]);
    root.received = {};
  };
  return {
    initialMetadata: (headers) => {
      const grpcInitial = new HeaderMap(headers);
      tell("proxy_on_grpc_receive_initial_metadata", grpcInitial.count, { grpcInitial });
    },
    message: (bytes) => {
      tell("proxy_on_grpc_receive", bytes.length, { grpcMessage: { bytes } });
      if (isCall(token)) openOf(vm).delete(token);
    },
    trailingMetadata: (headers: readonly Header[]) => {
      const grpcTrailing = new HeaderMap(headers);
      tell("proxy_on_grpc_receive_trailing_metadata", grpcTrailing.count, { grpcTrailing });
    },
    close: (status, message) => {
      root.status = { code: status, message };
      tell("proxy_on_grpc_close", status, {});
      root.status.message = "";
      const open = openOf(vm).get(token);
      if (open !== undefined) open.remoteClosed = true;
      if (isCall(token) || open?.localClosed === true) openOf(vm).delete(token);
    },
  };
}

/** Only streams take messages. */
export const proxyGrpcSend = hostCall(["u32", "bytes", "u32"], [], (vm, token, message, end) => {
  if (isCall(token)) return Status.BadArgument;
  const open = openOf(vm).get(token);
  if (open === undefined) return Status.NotFound;
  if (!open.localClosed) open.wire.send(message.slice(), end !== 0);
  open.localClosed ||= end !== 0;
  return Status.Ok;
});

/** Ends a call without an answer, or this side of a stream. */
export const proxyGrpcClose = hostCall(["u32"], [], (vm, token) => {
  const open = openOf(vm).get(token);
  if (open === undefined) return Status.NotFound;
  if (isCall(token)) open.wire.cancel();
  else if (!open.localClosed) open.wire.close();
  open.localClosed = true;
  if (isCall(token) || open.remoteClosed) openOf(vm).delete(token);
  return Status.Ok;
});

/** Forgets a call or resets a stream: nothing more comes of it. */
export const proxyGrpcCancel = hostCall(["u32"], [], (vm, token) => {
  const open = openOf(vm).get(token);
  if (open === undefined) return Status.NotFound;
  open.wire.cancel();
  openOf(vm).delete(token);
  return Status.Ok;
});
