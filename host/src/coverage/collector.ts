import type { CoveragePoint } from "../instrument/index.ts";
import type { SourceMap } from "../source-map/index.ts";
import type { WasmModule } from "../wasm/module.ts";

/** A module whose lines are counted. */
export interface CoveredModule {
  readonly points: readonly CoveragePoint[];
  readonly source: WasmModule;
  readonly sourceMap: SourceMap;
}

/** An instance whose counters are read now and then. */
export interface CoverageRun {
  /** To be called before the instance runs. */
  touch(): void;
}

interface Run extends CoverageRun {
  readonly module: CoveredModule;
  readonly read: () => readonly number[];
  /** What the totals hold of it already. */
  counted: readonly number[];
  isOpen: boolean;
}

/** Instances that are held until their counters are added up; tests make thousands, each with its memory. */
const OPEN_RUNS = 8;

/** Adds up what the instances of modules have run. */
export class CoverageCollector {
  /** Which files count: those of the author, by default. */
  readonly wants: (file: string) => boolean;
  readonly #totals = new Map<CoveredModule["points"], { module: CoveredModule; counts: number[] }>();
  readonly #open: Run[] = [];

  constructor(wants: (file: string) => boolean = isOwn) {
    this.wants = wants;
  }

  start(module: CoveredModule, read: () => readonly number[]): CoverageRun {
    const run: Run = { module, read, counted: [], isOpen: false, touch: () => this.#touch(run) };
    this.#touch(run);
    return run;
  }

  /** Every module with the counts of its points so far. */
  totals(): readonly { readonly module: CoveredModule; readonly counts: readonly number[] }[] {
    for (const run of this.#open) this.#add(run);
    return [...this.#totals.values()];
  }

  /** Counts from nothing again; what ran before is not counted a second time. */
  reset(): void {
    for (const run of this.#open) this.#add(run);
    this.#totals.clear();
  }

  #touch(run: Run): void {
    if (run.isOpen) return;
    run.isOpen = true;
    this.#open.push(run);
    const oldest = this.#open.length > OPEN_RUNS ? this.#open.shift() : undefined;
    if (oldest === undefined) return;
    this.#add(oldest);
    oldest.isOpen = false;
  }

  #add(run: Run): void {
    const { module } = run;
    const now = run.read();
    const held = this.#totals.get(module.points) ?? { module, counts: module.points.map(() => 0) };
    this.#totals.set(module.points, held);
    for (const [index, value] of now.entries()) {
      held.counts[index] = (held.counts[index] ?? 0) + value - (run.counted[index] ?? 0);
    }
    run.counted = now;
  }
}

function isOwn(file: string): boolean {
  return !file.startsWith("~lib/") && !file.split("/").includes("node_modules");
}
