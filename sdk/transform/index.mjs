// The SDK's transform, loaded by asc (asconfig.json, "transform"). It works on the parsed sources:
// - it sets the options that every filter needs, and switches off what asc adds for a collector that may run at any time;
// - it names code that compiles but that no proxy can run, or that does something else than it seems to, with a way out;
// - it turns utf8("literal") into static bytes, and asks for the log level before a message is built;
// - it brings the fields of a stream's object back to their first value before another stream uses it;
// - it exports from the module the ABI's functions that the filter needs, so that a filter re-exports nothing;
// - it keeps what hardly ever runs out of what always does.
// Plain JavaScript, so that every Node that asc runs on can load it.

import { isOfSdk, isOwn, isStandardLibrary, sdkFolder } from "./ast.mjs";
import { keepApart } from "./cold.mjs";
import { addExports } from "./exports.mjs";
import { encodeLiterals } from "./literals.mjs";
import { explainErrors } from "./explain.mjs";
import { resetFields } from "./fields.mjs";
import { reportForbidden } from "./forbidden.mjs";
import { guardLogs } from "./logs.mjs";
import { reportDefaults } from "./defaults.mjs";
import { chooseOptions, withoutShadowStack } from "./options.mjs";
import { reportTraps } from "./traps.mjs";
import { reportKeptViews } from "./views.mjs";

/** asc's transform hook. */
export default class ProxyWasmTransform {
  constructor() {
    // asc has given the class its program by now; the sources are not parsed yet.
    explainErrors(this.program);
    chooseOptions(this.program);
  }

  /** @param {import("assemblyscript").Parser} parser every source that asc has parsed */
  afterParse(parser) {
    withoutShadowStack(this.program);
    const sources = parser.sources.filter((source) => !isStandardLibrary(source));
    const sdk = sdkFolder(sources);
    for (const source of sources) reportForbidden(parser, source);
    if (sdk === undefined) return;
    const filter = sources.filter((source) => !isOfSdk(source, sdk));
    const own = filter.filter(isOwn);
    reportKeptViews(parser, own);
    reportDefaults(parser, own);
    for (const source of own) {
      reportTraps(parser, source);
      guardLogs(source);
    }
    resetFields(
      sources.filter((source) => filter.includes(source) || source.normalizedPath.startsWith(`${sdk}/context/`)),
    );
    for (const source of sources) encodeLiterals(source);
    addExports(parser, sdk, filter);
  }

  /** @param {import("assemblyscript/binaryen").default.Module} module before it is optimized */
  afterCompile(module) {
    keepApart(this.binaryen, module);
  }
}
