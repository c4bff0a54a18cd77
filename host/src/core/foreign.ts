import { toText } from "../abi/bytes.ts";
import { Status } from "../abi/numbers.ts";
import { encodeProperty } from "../abi/property.ts";
import { bytesField, readProto } from "../abi/protobuf.ts";
import { attribute } from "./attributes.ts";
import { evaluate } from "./cel.ts";
import { parseExpression } from "./cel-parser.ts";
import { filterStateOf } from "./filter-state.ts";
import type { VmState } from "./vm-state.ts";

/** A foreign function: bytes in; bytes, nothing, or a status that says what is wrong out. */
export type ForeignFunction = (argument: Uint8Array, vm: VmState) => Uint8Array | Status | undefined;

/** Envoy's foreign functions that concern the stream. Those that need cryptography or zlib come from outside. */
export const streamFunctions: ReadonlyMap<string, ForeignFunction> = new Map<string, ForeignFunction>([
  ["set_envoy_filter_state", setFilterState],
  ["declare_property", declareProperty],
  ["clear_route_cache", clearRouteCache],
  ["expr_create", createExpression],
  ["expr_evaluate", evaluateExpression],
  ["expr_delete", deleteExpression],
]);

/** Names that an Envoy has an object for; any other is NotFound there. */
const KNOWN_STATE: ReadonlySet<string> = new Set([
  "envoy.network.application_protocols",
  "envoy.network.upstream_server_name",
  "envoy.network.upstream_subject_alt_names",
  "envoy.tcp_proxy.cluster",
  "envoy.tcp_proxy.per_connection_idle_timeout_ms",
  "envoy.upstream.dynamic_host",
  "envoy.upstream.dynamic_port",
]);

/** SetEnvoyFilterStateArguments {1: path, 2: value, 3: span}. */
function setFilterState(argument: Uint8Array, vm: VmState): Status | undefined {
  const fields = readProto(argument);
  const state = filterStateOf(vm);
  if (fields === undefined) return Status.BadArgument;
  const name = toText(bytesField(fields, 1) ?? new Uint8Array(0));
  if (state === undefined || !KNOWN_STATE.has(name)) {
    vm.explain(
      `set_envoy_filter_state: Envoy has no object "${name}": NotFound (1); for values of your own, set a property`,
    );
    return Status.NotFound;
  }
  state.set(name, bytesField(fields, 2) ?? new Uint8Array(0));
  return undefined;
}

/**
 * DeclarePropertyArguments {1: name, 2: readonly, 3: type, 4: schema, 5: span}; a second declaration is a BadArgument. What
 * it says is not held against the module: Envoy 1.40 takes a second value of a read-only property.
 */
function declareProperty(argument: Uint8Array, vm: VmState): Status | undefined {
  const fields = readProto(argument);
  const { root } = vm;
  const name = toText((fields && bytesField(fields, 1)) ?? new Uint8Array(0));
  if (fields === undefined || root === undefined || root.declared.has(name)) return Status.BadArgument;
  root.declared.add(name);
  return undefined;
}

function clearRouteCache(): undefined {
  return undefined;
}

/** CEL text in, a token of 4 bytes out; a BadArgument for text that is no expression. */
function createExpression(argument: Uint8Array, vm: VmState): Uint8Array | Status {
  const expression = parseExpression(toText(argument));
  if (expression === undefined) return Status.BadArgument;
  const token = vm.addExpression(expression);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, token, true);
  return bytes;
}

/** The value as a property is written; InternalFailure for one that can't be found or reckoned. */
function evaluateExpression(argument: Uint8Array, vm: VmState): Uint8Array | Status {
  const token = tokenOf(argument);
  const expression = token === undefined ? undefined : vm.expressions.get(token);
  if (token === undefined) return Status.BadArgument;
  if (expression === undefined) return Status.NotFound;
  const value = evaluate(expression, (path) => attribute(vm, path));
  return value === undefined ? Status.InternalFailure : encodeProperty(value);
}

function deleteExpression(argument: Uint8Array, vm: VmState): Status | undefined {
  const token = tokenOf(argument);
  if (token === undefined) return Status.BadArgument;
  vm.expressions.delete(token);
  return undefined;
}

function tokenOf(argument: Uint8Array): number | undefined {
  if (argument.length !== 4) return undefined;
  return new DataView(argument.buffer, argument.byteOffset, 4).getUint32(0, true);
}
