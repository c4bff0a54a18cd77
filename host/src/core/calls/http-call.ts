import { toBytes, toText } from "../../abi/bytes.ts";
import { Status } from "../../abi/numbers.ts";
import { decodePairs, type Pair } from "../../abi/pairs.ts";
import type { HttpAnswer } from "../call-outs.ts";
import type { RootContext } from "../contexts.ts";
import { HeaderMap, type MapKind } from "../header-map.ts";
import { hostCall } from "../host-call.ts";
import type { MisuseKind } from "../misuse.ts";
import type { VmState } from "../vm-state.ts";

const REQUIRED: readonly string[] = [":path", ":method", ":authority"];

/** The call belongs to the plugin: its answer comes to the root context, whichever context asked. */
export const proxyHttpCall = hostCall(
  ["bytes", "bytes", "bytes", "bytes", "i32"],
  ["u32"],
  (vm, cluster, headerPairs, body, trailerPairs, timeoutMs) => {
    const { root } = vm;
    if (root === undefined || timeoutMs < 0)
      return refuse(vm, "incomplete-call", `a time-out of ${timeoutMs} ms is negative`);
    const headers = headerMap(vm, "headers", headerPairs, "request");
    const missing = REQUIRED.filter((name) => headers.get(name) === undefined);
    if (missing.length > 0) return refuse(vm, "incomplete-call", `the request's headers lack ${missing.join(", ")}`);
    const trailers = headerMap(vm, "trailers", trailerPairs);
    if (body.length > 0) headers.replace("content-length", toBytes(String(body.length)));
    const token = vm.nextHttpToken();
    let pending = true;
    const sent = vm.world.callOuts.http({
      kind: "http",
      cluster: toText(cluster),
      headers,
      body: body.slice(),
      trailers: trailers.count === 0 ? undefined : trailers,
      timeoutMs,
      deliver: (answer) => {
        if (pending && vm.contexts.has(root.id)) receive(vm, root, token, answer);
        pending = false;
      },
    });
    return sent ? [token] : refuse(vm, "unknown-cluster", `there is no cluster "${toText(cluster)}"`);
  },
);

function refuse(vm: VmState, kind: MisuseKind, why: string): Status {
  vm.misuse(kind, `proxy_http_call: ${why}`);
  return Status.BadArgument;
}

function receive(vm: VmState, root: RootContext, token: number, answer: HttpAnswer | undefined): void {
  if (answer === undefined) root.status = { code: Status.BrokenConnection, message: "reset" };
  else {
    root.received = {
      headers: answer.headers,
      body: answer.body,
      ...(answer.trailers === undefined ? {} : { trailers: answer.trailers }),
    };
  }
  const sizes = [answer?.headers.count ?? 0, answer?.body.length ?? 0, answer?.trailers?.count ?? 0];
  vm.invoke(root, "proxy_on_http_call_response", [token, ...sizes]);
  root.received = {};
  root.status.message = "";
}

/** Pairs that Envoy cannot read count as none. */
export function headerMap(vm: VmState, what: string, bytes: Uint8Array, kind: MapKind = "other"): HeaderMap {
  const decoded = decodePairs(bytes);
  if (!decoded.ok) vm.misuse("unreadable-pairs", `${what}: ${decoded.error}`);
  const map = new HeaderMap([], kind);
  const pairs: readonly Pair[] = decoded.ok ? decoded.pairs : [];
  map.assign(pairs);
  return map;
}

/** Why the last call-out failed, or how a gRPC stream was closed. */
export const proxyGetStatus = hostCall([], ["u32", "bytes"], (vm) => {
  const status = vm.root?.status ?? { code: 0, message: "" };
  return [status.code, toBytes(status.message)];
});
