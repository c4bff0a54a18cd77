import { type Instruction, Op } from "../wasm/instruction.ts";
import type { SourceMap, SourcePosition } from "../source-map/index.ts";
import { eachInstruction, type FunctionCode } from "./function-code.ts";

/** A place in a function at which a counter goes. */
export interface CoveragePoint {
  /** Of the instruction, in the original module. */
  readonly at: number;
  readonly position: SourcePosition;
  /** The function's place among the module's own. */
  readonly order: number;
}

/** Behind these another instruction may come from somewhere else, or may not come at all. */
const ENDS_A_BLOCK: readonly number[] = [Op.Loop, Op.If, Op.Else, Op.End, 0x0c, 0x0d, 0x0e, 0x0f, 0x00];

/** The lines of a function's source, each once for each straight run of code. Only files that `wanted` takes. */
export function coveragePoints(
  bytes: Uint8Array,
  code: FunctionCode,
  order: number,
  map: SourceMap,
  wanted: (file: string) => boolean,
): CoveragePoint[] {
  const points: CoveragePoint[] = [];
  let last = "";
  eachInstruction(bytes, code, ({ opcode, offset }: Instruction) => {
    // These belong to the block that they end: a counter before them would count for what is behind.
    const position = opcode === Op.Else || opcode === Op.End ? undefined : map.exactly(offset);
    if (position !== undefined) {
      const line = `${position.file}:${position.line}`;
      if (line !== last && wanted(position.file)) points.push({ at: offset, position, order });
      last = line;
    }
    if (ENDS_A_BLOCK.includes(opcode)) last = "";
  });
  return points;
}
