// Which callbacks a module exports. A host calls only what is exported, and each call costs: so a callback is
// exported only if a class of the filter overrides its method.

import { DiagnosticCode, NodeKind } from "assemblyscript";
import { importsOf, visit } from "./ast.mjs";
import { baseName, classesOf, derivedFrom, methodsOf } from "./classes.mjs";

/** Exported by every module. */
const ALWAYS = [
  "malloc",
  "proxy_abi_version_0_2_1",
  "proxy_on_context_create",
  "proxy_on_delete",
  "proxy_on_memory_allocate",
];

/** The exported function for each method that a filter may override. */
const BY_METHOD = new Map([
  ["onVmStart", "proxy_on_vm_start"],
  ["onConfigure", "proxy_on_configure"],
  ["onValidate", "proxy_validate_configuration"],
  ["onTick", "proxy_on_tick"],
  // Timers run on ticks.
  ["onTimer", "proxy_on_tick"],
  ["onQueueReady", "proxy_on_queue_ready"],
  ["onForeignFunction", "proxy_on_foreign_function"],
  ["onDone", "proxy_on_done"],
  ["onLog", "proxy_on_log"],
  ["onRequestHeaders", "proxy_on_request_headers"],
  ["onRequestBody", "proxy_on_request_body"],
  ["onRequestTrailers", "proxy_on_request_trailers"],
  ["onRequestMetadata", "proxy_on_request_metadata"],
  ["onResponseHeaders", "proxy_on_response_headers"],
  ["onResponseBody", "proxy_on_response_body"],
  ["onResponseTrailers", "proxy_on_response_trailers"],
  ["onResponseMetadata", "proxy_on_response_metadata"],
  ["onNewConnection", "proxy_on_new_connection"],
  ["onDownstreamData", "proxy_on_downstream_data"],
  ["onUpstreamData", "proxy_on_upstream_data"],
  ["onDownstreamClose", "proxy_on_downstream_connection_close"],
  ["onUpstreamClose", "proxy_on_upstream_connection_close"],
  ["onCallResponse", "proxy_on_http_call_response"],
  ["onGrpcInitialMetadata", "proxy_on_grpc_receive_initial_metadata"],
  ["onGrpcMessage", "proxy_on_grpc_receive"],
  ["onGrpcTrailingMetadata", "proxy_on_grpc_receive_trailing_metadata"],
  ["onGrpcClose", "proxy_on_grpc_close"],
]);

/** What a filter imports may need a callback that it does not override: answers that nobody reads are still taken. */
const BY_IMPORT = new Map([
  ["HttpCall", ["proxy_on_http_call_response"]],
  ["GrpcCall", ["proxy_on_grpc_receive", "proxy_on_grpc_close"]],
]);

/** The classes whose methods these are, under the names that the SDK exports. */
const CONTEXTS = ["HttpContext", "PluginContext", "TcpContext"];

/** What only a module with contexts needs. */
const OF_CONTEXTS = ["proxy_on_context_create", "proxy_on_delete"];

/**
 * Adds an entry file that exports what the filter needs from the SDK's runtime.
 * @param sdk the SDK's folder as asc names it, such as `~lib/proxy-wasm-assemblyscript-sdk`
 * @param filter the sources that are not the SDK's
 */
export function addExports(parser, sdk, filter) {
  const imported = new Set(filter.flatMap(importsOf).map(({ foreignName }) => foreignName.text));
  const hasContexts = checkRegistration(parser, filter, imported);
  const always = hasContexts ? ALWAYS : ALWAYS.filter((name) => !OF_CONTEXTS.includes(name));
  const needed = [...BY_IMPORT].flatMap(([name, exports]) => (imported.has(name) ? exports : []));
  // Where plugins have names only, a root id that nobody answers is refused there.
  const registered = filter.flatMap((source) => callsOf(source, "registerPlugin"));
  if (registered.length > 0 && registered.every(({ args }) => args.length > 1)) needed.push("proxy_on_configure");
  const names = [...new Set([...always, ...needed, ...overridden(filter)])];
  const list = names.toSorted((left, right) => (left < right ? -1 : 1)).join(", ");
  const from = sdk.startsWith("~lib/") ? sdk.slice("~lib/".length) : `./${sdk}`;
  parser.parseFile(`export { ${list} } from "${from}/runtime/exports";\n`, "proxy-wasm-exports.ts", true);
}

/**
 * A module without a plugin loads, and then does nothing: better said now.
 * @returns whether streams get objects of their own
 */
function checkRegistration(parser, filter, imported) {
  const plugin = filter.some((source) => callsOf(source, "registerPlugin").length > 0);
  const single = filter.some((source) => callsOf(source, "registerHttpContext").length > 0);
  if (single) reportUncalled(parser, filter);
  if (plugin && single) {
    report(
      parser,
      filter,
      "registerHttpContext serves every stream: a module has either it or registerPlugin, not both",
    );
  }
  if (!plugin && !single) {
    const way = imported.has("registerPlugin") ? "imports registerPlugin but does not call it" : "registers no plugin";
    report(parser, filter, `the filter ${way}: call registerPlugin(() => new MyPlugin()) at top level`);
  }
  return !single;
}

/** At the class that should be registered, if there is one. */
function report(parser, filter, message) {
  const plugin = filter.flatMap(classesOf).find((declaration) => baseName(declaration) === "PluginContext");
  parser.error(DiagnosticCode.User_defined_0, plugin ? plugin.name.range : null, message);
}

/** What `registerHttpContext` gives up. */
const UNCALLED = new Set(["reset", "onDelete", "onTimer"]);

function reportUncalled(parser, filter) {
  const methods = [...derivedFrom(filter.flatMap(classesOf), ["HttpContext"])].flatMap(methodsOf);
  for (const { name } of methods.filter((method) => UNCALLED.has(method.name.text))) {
    const message =
      `${name.text} is never called with registerHttpContext, whose one object serves all streams and does not hear of ` +
      "their begin and end: use registerPlugin";
    parser.error(DiagnosticCode.User_defined_0, name.range, message);
  }
}

/** Where a source calls what it imports under this name. */
function callsOf(source, name) {
  const local = importsOf(source).find(({ foreignName }) => foreignName.text === name)?.name.text;
  const found = [];
  if (local === undefined) return found;
  visit(source, (node) => {
    if (node.kind === NodeKind.Call && node.expression.text === local) found.push(node);
  });
  return found;
}

/** The exports of the methods that the filter's classes override, also by way of a class of their own. */
function overridden(sources) {
  const methods = [...derivedFrom(sources.flatMap(classesOf), CONTEXTS)].flatMap(methodsOf);
  return methods.flatMap(({ name }) => BY_METHOD.get(name.text) ?? []);
}
