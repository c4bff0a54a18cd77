import { MetricType, Status } from "../abi/numbers.ts";
import { prometheusText, type StatsTag } from "./prometheus.ts";

/** A metric and its value now: a counter's or gauge's number, or a histogram's samples in order. */
export interface Metric {
  readonly type: MetricType;
  readonly name: string;
  readonly value: bigint;
  readonly samples: readonly bigint[];
}

interface Cell {
  readonly type: MetricType;
  readonly name: string;
  value: bigint;
  readonly samples: bigint[];
}

// Envoy keeps the type in an id's two low bits, and counts ids of each type up by four.
const ID_STEP = 4;
const TYPE_BITS = 3;

/** The metrics of a host. As in Envoy, all modules share them by name, and each definition has an id of its own. */
export class MetricRegistry {
  readonly #cells = new Map<string, Cell>();
  readonly #ids = new Map<number, Cell>();
  readonly #last: Record<MetricType, number> = { 0: 0, 1: 1, 2: 2 };
  readonly #tags: readonly StatsTag[];
  readonly #recordAdds: boolean;

  /**
   * @param tags the bootstrap's stats_config.stats_tags, for the Prometheus text
   * @param recordAdds what is recorded of a counter is added to it, as in Envoy
   */
  constructor(tags: readonly StatsTag[] = [], recordAdds = true) {
    this.#tags = tags;
    this.#recordAdds = recordAdds;
  }

  define(type: MetricType, name: string): number {
    const key = `${type} ${name}`;
    const cell = this.#cells.get(key) ?? { type, name, value: 0n, samples: [] };
    this.#cells.set(key, cell);
    const id = this.#last[type] + ID_STEP;
    this.#last[type] = id;
    this.#ids.set(id, cell);
    return id;
  }

  /** A counter only goes up: by 0 or less is a BadArgument. A histogram is recorded, never incremented. */
  increment(id: number, delta: bigint): Status {
    const cell = this.#ids.get(id);
    if ((id & TYPE_BITS) >= MetricType.Histogram) return Status.BadArgument;
    if (cell === undefined) return Status.NotFound;
    if (cell.type === MetricType.Counter && delta <= 0n) return Status.BadArgument;
    cell.value += delta;
    return Status.Ok;
  }

  /** Sets a gauge, adds to a counter, adds a sample to a histogram. */
  record(id: number, value: bigint): Status {
    const cell = this.#ids.get(id);
    if (cell === undefined) return Status.NotFound;
    if (cell.type === MetricType.Counter && this.#recordAdds) cell.value += value;
    else if (cell.type !== MetricType.Histogram) cell.value = value;
    else cell.samples.push(value);
    return Status.Ok;
  }

  /** The value, or the status that says why there is none: a histogram has no single one. */
  get(id: number): bigint | Status {
    const cell = this.#ids.get(id);
    if ((id & TYPE_BITS) >= MetricType.Histogram) return Status.BadArgument;
    return cell === undefined ? Status.NotFound : cell.value;
  }

  /** The metric of that name, if a module has defined it. */
  find(name: string): Metric | undefined {
    return this.all().find((metric) => metric.name === name);
  }

  all(): readonly Metric[] {
    return [...this.#cells.values()];
  }

  /** As Envoy's /stats/prometheus shows what modules define. */
  prometheus(): string {
    return prometheusText(this.all(), this.#tags);
  }
}
