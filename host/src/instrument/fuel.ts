import { Op } from "../wasm/instruction.ts";
import type { FunctionType, WasmModule } from "../wasm/module.ts";
import { charge, chargeForBytes } from "./code.ts";
import type { Insertion } from "./edits.ts";
import { eachInstruction, type FunctionCode } from "./function-code.ts";

/**
 * What one host call counts as, in instructions. It takes about as long as 2,000; ten times as many, since each may leave
 * something behind that makes the next one slower, such as a header.
 */
const HOST_CALL_COST = 20_000;
/** A function that costs more than this pays for itself; its callers pay for a cheaper one. */
const MAX_INHERITED = 4096;

/** A stretch of code that runs at most once per entry: a function without its loops, or a loop without those inside it. */
interface Region {
  /** Where its price is to be paid. */
  readonly at: number;
  instructions: number;
  readonly calls: number[];
}

interface Scanned {
  readonly code: FunctionCode;
  /** The function's own, then its loops'. */
  readonly regions: Region[];
  /** Where the size of a bulk operation is on the stack. */
  readonly bulk: number[];
}

/** What a function needs besides its insertions. */
export interface FuelEdit {
  readonly insertions: Insertion[];
  readonly locals: number;
}

/**
 * Where fuel is to be paid so that no code runs for ever, and no path costs less than the instructions that it runs. Only
 * three kinds of places pay: loops, functions that can call themselves (or are called through a table), and large ones. The
 * price of everything else is part of its callers', so that most functions of most modules stay as they are.
 * @param global the index of the global that holds the fuel
 */
export function fuelEdits(module: WasmModule, codes: readonly FunctionCode[], global: number): FuelEdit[] {
  const indirect = new Set<string>();
  const scanned = codes.map((code) => scan(module, code, indirect));
  const firstOwn = module.imports.filter(({ kind }) => kind === "function").length;
  const prices = new Prices(scanned, firstOwn, indirect);
  return scanned.map((one, order) => editOf(one, prices, prices.paysItself(firstOwn + order), global));
}

function editOf({ code, regions, bulk }: Scanned, prices: Prices, paysItself: boolean, global: number): FuelEdit {
  const [own, ...loops] = regions;
  const paying = own !== undefined && paysItself ? [own, ...loops] : loops;
  const insertions = paying.map(({ at, ...region }) => ({
    at,
    code: charge(global, prices.of(region), code.locals),
  }));
  for (const at of bulk) insertions.push({ at, code: chargeForBytes(global, code.locals) });
  // A bulk operation's size and the fuel that is left have one local each.
  return { insertions, locals: bulk.length > 0 ? 2 : Math.min(insertions.length, 1) };
}

const BULK: readonly number[] = [Op.MemoryFill, Op.MemoryCopy, Op.MemoryInit];

/** Two types of one shape are the same to a call through a table. */
function shapeOf(type: FunctionType | undefined): string {
  return `${type?.params.join() ?? ""}:${type?.results.join() ?? ""}`;
}

function scan(module: WasmModule, code: FunctionCode, indirect: Set<string>): Scanned {
  const own: Region = { at: code.start, instructions: 0, calls: [] };
  const regions = [own];
  const bulk: number[] = [];
  /** The region of each block that is open. */
  const open: Region[] = [own];
  eachInstruction(module.bytes, code, ({ opcode, offset, index }, next) => {
    const region = open.at(-1) ?? own;
    region.instructions += 1;
    if (opcode === Op.Loop) {
      const loop = { at: next, instructions: 0, calls: [] };
      regions.push(loop);
      open.push(loop);
    } else if (opcode === Op.Block || opcode === Op.If) open.push(region);
    else if (opcode === Op.End) open.pop();
    else if (opcode === Op.Call || opcode === Op.ReturnCall) region.calls.push(index);
    else if (opcode === Op.CallIndirect || opcode === Op.ReturnCallIndirect) {
      indirect.add(shapeOf(module.types[index]));
    } else if (BULK.includes(opcode)) bulk.push(offset);
  });
  return { code, regions, bulk };
}

/** What stretches of code cost with all that they call. */
class Prices {
  readonly #scanned: readonly Scanned[];
  readonly #firstOwn: number;
  readonly #itself: boolean[];
  /** Of a function's own region, by its place among the module's own functions. */
  readonly #known: (number | undefined)[] = [];

  constructor(scanned: readonly Scanned[], firstOwn: number, indirect: ReadonlySet<string>) {
    this.#scanned = scanned;
    this.#firstOwn = firstOwn;
    this.#itself = scanned.map(({ code }) => indirect.has(shapeOf(code.fn.type)));
    for (const order of this.#calleesFirst()) {
      const [own] = scanned[order]?.regions ?? [];
      const price = own === undefined ? 0 : this.of(own);
      this.#known[order] = price;
      if (price > MAX_INHERITED) this.#itself[order] = true;
    }
  }

  paysItself(index: number): boolean {
    return this.#itself[index - this.#firstOwn] ?? false;
  }

  /** Instructions, and those of the functions called that do not pay themselves. */
  of({ instructions, calls }: Pick<Region, "instructions" | "calls">): number {
    let price = instructions;
    for (const callee of calls) {
      const order = callee - this.#firstOwn;
      if (order < 0) price += HOST_CALL_COST;
      else if (this.#itself[order] !== true) price += this.#known[order] ?? 0;
    }
    // A price of more than any sensible limit still has to be a number of 31 bits.
    return Math.min(price, 0x3fff_ffff);
  }

  /** All functions, each behind what it calls. One that a walk comes upon again before it is through calls itself. */
  #calleesFirst(): number[] {
    const order: number[] = [];
    const state = new Uint8Array(this.#scanned.length);
    for (let root = 0; root < this.#scanned.length; root++) {
      const path = state[root] === 0 ? [this.#visit(root, state)] : [];
      while (path.length > 0) {
        const top = path.at(-1);
        const callee = top?.callees[top.next++];
        if (top === undefined) break;
        if (callee === undefined) {
          state[top.order] = 2;
          order.push(top.order);
          path.pop();
        } else if (state[callee] === 0) path.push(this.#visit(callee, state));
        else if (state[callee] === 1) this.#itself[callee] = true;
      }
    }
    return order;
  }

  #visit(order: number, state: Uint8Array): { order: number; callees: number[]; next: number } {
    state[order] = 1;
    const calls = this.#scanned[order]?.regions.flatMap((region) => region.calls) ?? [];
    const own = calls.map((callee) => callee - this.#firstOwn);
    return { order, callees: own.filter((callee) => callee >= 0 && callee < this.#scanned.length), next: 0 };
  }
}
