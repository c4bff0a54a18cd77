// The SDK's transform, loaded by asc (asconfig.json, "transform"). It works on the parsed sources:
// - it switches off what asc adds for a collector that may run at any time; the SDK's runs between callbacks;
// - it names code that compiles but that no proxy can run;
// - it turns utf8("literal") into static bytes;
// - it exports from the module the ABI's functions that the filter needs, so that a filter re-exports nothing;
// - it keeps what hardly ever runs out of what always does.
// Plain JavaScript, so that every Node that asc runs on can load it.

import { isStandardLibrary } from "./ast.mjs";
import { keepApart } from "./cold.mjs";
import { addExports } from "./exports.mjs";
import { encodeLiterals } from "./literals.mjs";
import { reportForbidden } from "./forbidden.mjs";

/** asc's number (shared/runtime). */
const MINIMAL_RUNTIME = 1;

/** asc's transform hook. */
export default class ProxyWasmTransform {
  /** @param {import("assemblyscript").Parser} parser every source that asc has parsed */
  afterParse(parser) {
    withoutShadowStack(this.program);
    const sources = parser.sources.filter((source) => !isStandardLibrary(source));
    for (const source of sources) {
      reportForbidden(parser, source);
      encodeLiterals(source);
    }
    addExports(parser, sources);
  }

  /** @param {import("assemblyscript/binaryen").default.Module} module before it is optimized */
  afterCompile(module) {
    keepApart(this.binaryen, module);
  }
}

/**
 * For a runtime that is not its own, asc assumes the incremental collector: it lets every function keep its references
 * on a shadow stack, and leaves it to `__new` to zero memory. Ours needs the one no more than asc's "minimal" runtime
 * does, and does the other like it.
 */
function withoutShadowStack(program) {
  program.options.stackSize = 0;
  program.options.runtime = MINIMAL_RUNTIME;
  program.module.useShadowStack = false;
}
