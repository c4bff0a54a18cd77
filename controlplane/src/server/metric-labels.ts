import type { Diagnostic } from "../model/diagnostic.ts";
import type { Telemetry } from "../model/types.ts";
import { COMMON_TAGS, ISTIO_LABELS } from "../policy/metric-labels.ts";

/**
 * Which labels of metrics the running Envoys know. An Envoy reads the expressions that take labels out of metrics' names
 * when it starts, so a name that comes later stays a part of the metric's name until the Envoy is started anew.
 */
export class MetricLabels {
  readonly #known = new Set<string>([...ISTIO_LABELS, ...COMMON_TAGS]);
  #started = false;

  /** Warnings of the names that are new to a running mesh, each once; those of the first call are in every bootstrap. */
  learn(telemetries: readonly Telemetry[]): Diagnostic[] {
    const added = telemetries.flatMap(({ ref, overrides }) =>
      overrides
        .flatMap(({ tags }) => Object.entries(tags))
        .filter(([name, { operation }]) => operation === "UPSERT" && this.#isNew(name))
        .map(([name]) => warning(ref, name)),
    );
    const news = this.#started ? added : [];
    this.#started = true;
    return news;
  }

  #isNew(name: string): boolean {
    const isNew = !this.#known.has(name);
    this.#known.add(name);
    return isNew;
  }
}

function warning(ref: Telemetry["ref"], name: string): Diagnostic {
  return {
    severity: "warning",
    code: "SLU0009",
    position: ref.position,
    object: ref,
    message: `"${name}" becomes a label only in Envoys started from now on; in the others it stays a part of the metric's name`,
    fix: "start the Envoys of the workloads concerned anew",
  };
}
