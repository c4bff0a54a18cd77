import type { FunctionType } from "../wasm/index.ts";
import { i32Type } from "./signature.ts";

/** When a callback comes; `stream` ones are what a filter is for. */
export type CallbackKind = "life" | "plugin" | "http" | "tcp" | "answer";

interface Callback {
  readonly kind: CallbackKind;
  readonly type: FunctionType;
}

const callback = (kind: CallbackKind, params: number, results: number): Callback => ({
  kind,
  type: i32Type(params, results),
});

/** Every function that Envoy calls in a module, with the context's id as its first argument. */
const CALLBACKS: Readonly<Record<string, Callback>> = {
  proxy_on_context_create: callback("life", 2, 0),
  proxy_on_done: callback("life", 1, 1),
  proxy_on_log: callback("life", 1, 0),
  proxy_on_delete: callback("life", 1, 0),
  proxy_on_vm_start: callback("plugin", 2, 1),
  proxy_validate_configuration: callback("plugin", 2, 1),
  proxy_on_configure: callback("plugin", 2, 1),
  proxy_on_tick: callback("plugin", 1, 0),
  proxy_on_queue_ready: callback("plugin", 2, 0),
  proxy_on_foreign_function: callback("plugin", 3, 0),
  proxy_on_request_headers: callback("http", 3, 1),
  proxy_on_request_body: callback("http", 3, 1),
  proxy_on_request_trailers: callback("http", 2, 1),
  proxy_on_request_metadata: callback("http", 2, 1),
  proxy_on_response_headers: callback("http", 3, 1),
  proxy_on_response_body: callback("http", 3, 1),
  proxy_on_response_trailers: callback("http", 2, 1),
  proxy_on_response_metadata: callback("http", 2, 1),
  proxy_on_new_connection: callback("tcp", 1, 1),
  proxy_on_downstream_data: callback("tcp", 3, 1),
  proxy_on_upstream_data: callback("tcp", 3, 1),
  proxy_on_downstream_connection_close: callback("tcp", 2, 0),
  proxy_on_upstream_connection_close: callback("tcp", 2, 0),
  proxy_on_http_call_response: callback("answer", 5, 0),
  proxy_on_grpc_receive_initial_metadata: callback("answer", 3, 0),
  proxy_on_grpc_receive: callback("answer", 3, 0),
  proxy_on_grpc_receive_trailing_metadata: callback("answer", 3, 0),
  proxy_on_grpc_close: callback("answer", 3, 0),
};

/** Headers came without `end_of_stream` in ABI 0.1.0. */
const HEADERS: ReadonlySet<string> = new Set(["proxy_on_request_headers", "proxy_on_response_headers"]);

export const CALLBACK_NAMES: readonly string[] = Object.keys(CALLBACKS);

/** How Envoy calls a callback; undefined for a name that it does not call. */
export function callbackOf(name: string, abi: string): Callback | undefined {
  if (!Object.hasOwn(CALLBACKS, name)) return undefined;
  return abi === "0.1.0" && HEADERS.has(name) ? callback("http", 2, 1) : CALLBACKS[name];
}
