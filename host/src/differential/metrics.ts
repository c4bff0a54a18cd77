import type { AdminClient } from "../envoy/admin.ts";

/** Under this Envoy has what modules define. */
const PREFIX = "wasmcustom.";

/** A metric of a module as Envoy has it. */
interface Shown {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly value: number;
}

/** All metrics of modules by name; of a histogram the number of its samples. */
export async function readMetrics(admin: AdminClient): Promise<ReadonlyMap<string, Shown>> {
  const shown = new Map<string, Shown>();
  for (const type of ["Counters", "Gauges"] as const) {
    const text = await admin.get(`/stats?type=${type}&filter=%5Ewasmcustom%5C.`);
    for (const [name, value] of linesOf(text))
      shown.set(name, { kind: type === "Counters" ? "counter" : "gauge", value: Number(value) });
  }
  const text = await admin.get("/stats?type=Histograms&histogram_buckets=cumulative&filter=%5Ewasmcustom%5C.");
  for (const [name, value] of linesOf(text)) shown.set(name, { kind: "histogram", value: samplesOf(value) });
  return shown;
}

/** Counters and histograms by what was added, gauges as they are. */
export function growth(
  before: ReadonlyMap<string, Shown>,
  after: ReadonlyMap<string, Shown>,
): Readonly<Record<string, number>> {
  const entries = [...after].map(([name, { kind, value }]): [string, number] => [
    name,
    kind === "gauge" ? value : value - (before.get(name)?.value ?? 0),
  ]);
  return Object.fromEntries(entries);
}

function linesOf(text: string): [name: string, value: string][] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(PREFIX))
    .map((line) => {
      const at = line.lastIndexOf(": ");
      return [line.slice(PREFIX.length, at), line.slice(at + 2)];
    });
}

/** Of `B0.5(0,0) B1(0,3) ...`, each bound with the last interval and the whole: the last one has all samples. */
function samplesOf(buckets: string): number {
  return Number(/,(\d+)\)\s*$/.exec(buckets)?.[1] ?? 0);
}
