import { Cursor } from "../wasm/cursor.ts";
import type { WasmModule } from "../wasm/index.ts";
import { Op, readInstruction } from "../wasm/instruction.ts";
import { warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

/**
 * A start section runs while the module is instantiated, before the host has a context for its calls. That it can reach a
 * host call is a warning: whether it does, only the trial tells.
 */
export function checkStart(module: WasmModule): Finding[] {
  if (module.start === undefined) return [];
  const imported = module.imports.filter(({ kind }) => kind === "function");
  const reached = reachable(module, module.start, imported.length);
  const calls = imported.flatMap(({ module: from, name }, index) => (reached.has(index) ? [`${from}.${name}`] : []));
  if (calls.length === 0) return [];
  const message = `its start section can call ${calls.join(", ")}: when it does, Envoy crashes`;
  return [warning("start-section", message, "compile with --exportStart _initialize")];
}

/** The functions that direct calls lead to from one, imported ones among them. */
function reachable(module: WasmModule, start: number, imported: number): ReadonlySet<number> {
  const reached = new Set([start]);
  for (const index of reached) {
    const own = module.functions[index - imported];
    if (own === undefined) continue;
    for (const callee of callees(module, own.bodyOffset, own.bodyOffset + own.bodySize)) reached.add(callee);
  }
  return reached;
}

function callees({ bytes }: WasmModule, from: number, to: number): number[] {
  const cursor = new Cursor(bytes, from, to);
  for (let groups = cursor.count(); groups > 0; groups--) {
    cursor.u32();
    cursor.byte();
  }
  const found: number[] = [];
  while (!cursor.done) {
    const { opcode, index } = readInstruction(cursor);
    if (opcode === Op.Call || opcode === Op.ReturnCall) found.push(index);
  }
  return found;
}
