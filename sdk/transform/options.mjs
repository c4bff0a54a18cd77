// The options of asc that a filter needs, set where the author has not: so `asc index.ts --transform
// proxy-wasm-assemblyscript-sdk/transform` makes a module that a proxy can load.

/** asc's number (shared/runtime). */
const MINIMAL_RUNTIME = 1;

const DEFAULT_RUNTIME = "~lib/rt/index-incremental.ts";
const OWN_RUNTIME = 'import "proxy-wasm-assemblyscript-sdk/runtime/heap/index";\n';

/** Before asc parses: what the author has not chosen. */
export function chooseOptions({ options, parser }) {
  // Top-level code runs when the host is ready, not while the module is instantiated.
  options.exportStart ??= "_initialize";
  // A trap is a trap: asc's default imports env.abort, which no proxy has.
  options.globalAliases ??= new Map();
  if (!options.globalAliases.has("abort")) options.globalAliases.set("abort", "");
  // asc reads the runtime as a file of its own library. Its default may collect at any allocation, and needs what
  // `withoutShadowStack` switches off.
  const parseFile = parser.parseFile.bind(parser);
  parser.parseFile = (text, path, isEntry) => parseFile(path === DEFAULT_RUNTIME ? OWN_RUNTIME : text, path, isEntry);
}

/**
 * After asc has parsed. For a runtime that is not its own, asc assumes the incremental collector: it lets every function
 * keep its references on a shadow stack, and leaves it to `__new` to zero memory. Ours needs the one no more than asc's
 * "minimal" runtime does, and does the other like it.
 */
export function withoutShadowStack(program) {
  program.options.stackSize = 0;
  program.options.runtime = MINIMAL_RUNTIME;
  program.module.useShadowStack = false;
}
