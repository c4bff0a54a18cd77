import { i32, u32 } from "./byte-sink.ts";

/** Pieces of code that leave the stack as it was, so that they may stand between any two instructions. */

/** Adds one to a global. */
export function count(global: number): number[] {
  return [0x23, ...u32(global), 0x41, 1, 0x6a, 0x24, ...u32(global)];
}

/** Adds a parameter or local to a global. */
export function addLocal(global: number, local: number): number[] {
  return [0x23, ...u32(global), 0x20, ...u32(local), 0x6a, 0x24, ...u32(global)];
}

/** Takes an amount of fuel, and traps when there is none left. The local is overwritten. */
export function charge(global: number, cost: number, local: number): number[] {
  return [0x23, ...u32(global), 0x41, ...i32(cost), 0x6b, ...spend(global, local)];
}

/** 64 bytes that an instruction is about to move count as one instruction; the size is on the stack, and stays there. */
export function chargeForBytes(global: number, local: number): number[] {
  const size = [0x22, ...u32(local), 0x23, ...u32(global), 0x20, ...u32(local), 0x41, 6, 0x76, 0x6b];
  // The size stays below; `spend` takes what is left of the fuel from above it, and needs a local of its own.
  return [...size, ...spend(global, local + 1)];
}

/** The fuel that is left is on the stack: keeps it, and traps when it is below zero. */
function spend(global: number, local: number): number[] {
  return [0x22, ...u32(local), 0x24, ...u32(global), 0x20, ...u32(local), 0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b];
}
