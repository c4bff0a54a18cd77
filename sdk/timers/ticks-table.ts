import { IdTable } from "../wire/id-table";
import { Ticks } from "./ticks";

// The plugins that have timers. In a module without timers the table stays null, which the optimizer sees: what serves
// timers drops out of it.

let table: IdTable | null = null;

/** The ticks of a plugin; null while it has had no timer. */
export function ticksOf(plugin: u32): Ticks | null {
  const known = table;
  return known ? changetype<Ticks | null>(known.get(plugin)) : null;
}

/** The same, made where there are none. @param period what the plugin's ticks have been so far, in milliseconds */
export function makeTicks(plugin: u32, period: u32): Ticks {
  let known = table;
  if (!known) table = known = IdTable.create();
  let ticks = changetype<Ticks | null>(known.get(plugin));
  if (!ticks) {
    ticks = Ticks.create(period);
    known.set(plugin, changetype<usize>(ticks));
  }
  return ticks;
}

/** The stream is gone: its timers would fire for nobody, and until then hold memory. */
export function dropTimers(plugin: u32, owner: u32): void {
  const ticks = ticksOf(plugin);
  if (ticks) ticks.timers.cancelAll(owner);
}

/** The plugin is gone, and its timers with it. */
export function dropTicks(plugin: u32): void {
  const known = table;
  if (!known) return;
  const ticks = changetype<Ticks | null>(known.take(plugin));
  if (ticks) ticks.free();
}
