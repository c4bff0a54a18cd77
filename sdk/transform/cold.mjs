// Functions that hardly ever run. The optimizer inlines for speed, and would put the collector and the slow paths into
// every function that may need them: a third of a small module, and none of it faster.

const COLD = [
  // A configuration is read once.
  "*/config/*",
  "~lib/rt/tcms/__collect",
  "~lib/rt/tcms/__new",
  "~lib/rt/tcms/__visit",
  "*/runtime/heap/heap/__*",
  "*/runtime/memory/collect",
  "*/runtime/context-table/grow",
  "*/runtime/context-table/setStream",
  "*/runtime/plugins/addPlugin",
  "*/runtime/plugins/findPlugin",
  "*/runtime/plugins/removePlugin",
  "*/wire/arena/allocateOrTrap",
  "*/wire/arena/allocateSlowly",
  "*/wire/arena/releaseSpills",
];

/** Marks them in the module, which is still to be optimized. */
export function keepApart(binaryen, module) {
  for (const pattern of COLD) {
    binaryen.setPassArgument("no-inline", pattern);
    module.runPasses(["no-inline"]);
  }
}
