// Which callbacks a module exports. A host calls only what is exported, and each call costs: so a callback is
// exported only if a class of the filter overrides its method.

import { DiagnosticCode, NodeKind } from "assemblyscript";
import { importsOf } from "./ast.mjs";

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
  ["onConfigure", "proxy_on_configure"],
  ["onTick", "proxy_on_tick"],
  ["onDone", "proxy_on_done"],
  ["onRequestHeaders", "proxy_on_request_headers"],
  ["onRequestBody", "proxy_on_request_body"],
  ["onRequestTrailers", "proxy_on_request_trailers"],
  ["onResponseHeaders", "proxy_on_response_headers"],
  ["onResponseBody", "proxy_on_response_body"],
  ["onResponseTrailers", "proxy_on_response_trailers"],
  ["onLog", "proxy_on_log"],
]);

/** The classes whose methods these are. */
const CONTEXTS = ["HttpContext", "PluginContext"];
const CONTEXT_FILE = /\/http\/context\.ts$/;

/** Adds an entry file that exports what the filter needs from the SDK's runtime. */
export function addExports(parser, sources) {
  const contexts = sources.find((source) => CONTEXT_FILE.test(source.normalizedPath) && declaresContexts(source));
  if (!contexts) return;
  const others = sources.filter((source) => source !== contexts);
  requireRegistration(parser, others);
  const sdk = contexts.normalizedPath.replace(CONTEXT_FILE, "");
  const from = sdk.startsWith("~lib/") ? sdk.slice("~lib/".length) : `./${sdk}`;
  const names = [...ALWAYS, ...overridden(others)].toSorted((left, right) => (left < right ? -1 : 1));
  parser.parseFile(`export { ${names.join(", ")} } from "${from}/runtime/exports";\n`, "proxy-wasm-exports.ts", true);
}

/** A module without a plugin loads, and then does nothing: better said now. */
function requireRegistration(parser, sources) {
  const registers = sources.some((source) =>
    importsOf(source).some(({ foreignName }) => foreignName.text === "registerPlugin"),
  );
  if (registers) return;
  const message = "the filter registers no plugin: call registerPlugin(() => new MyPlugin()) at top level";
  parser.error(DiagnosticCode.User_defined_0, null, message);
}

function declaresContexts(source) {
  return classesOf(source).some((declaration) => declaration.name.text === CONTEXTS[0]);
}

function classesOf(source) {
  return source.statements.filter((statement) => statement.kind === NodeKind.ClassDeclaration);
}

/** The exports of the methods that classes outside of the SDK override, also by way of a class of their own. */
function overridden(sources) {
  const found = new Set();
  const bases = new Set(CONTEXTS);
  const classes = sources.flatMap(classesOf);
  // A class may stand before its base: go on until no new class is found.
  for (let before = -1; before !== bases.size;) {
    before = bases.size;
    for (const declaration of classes.filter((candidate) => bases.has(baseName(candidate)))) {
      bases.add(declaration.name.text);
      for (const member of declaration.members) {
        const exported = member.kind === NodeKind.MethodDeclaration && BY_METHOD.get(member.name.text);
        if (exported) found.add(exported);
      }
    }
  }
  return found;
}

/** The name that a class's base is declared with: `import { HttpContext as Base }` is undone. */
function baseName(declaration) {
  let name = declaration.extendsType?.name;
  if (!name) return undefined;
  while (name.next) name = name.next;
  const local = name.identifier.text;
  const imported = importsOf(declaration.range.source).find((candidate) => candidate.name.text === local);
  return imported ? imported.foreignName.text : local;
}
