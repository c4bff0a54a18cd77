import { METRIC_NAMES } from "../model/telemetry-types.ts";
import type { MetricName, TagOverride, Telemetry, TelemetryOverride } from "../model/types.ts";
import { PolicyId } from "./format.ts";
import { HTTP_LABELS, ISTIO_LABELS, labelSource } from "./metric-labels.ts";
import { assembleProgram, StringTable, Table } from "./program-writer.ts";
import { Expressions } from "./telemetry-expressions.ts";

/** Who reports: a request's client, or its server. The place is the number in a program. */
const SIDES = ["CLIENT", "SERVER"] as const;
export type TelemetrySide = (typeof SIDES)[number];

export interface TelemetryOptions {
  /** Of requests (the default), or of connections that are not HTTP. */
  readonly protocol?: "http" | "tcp";
  /** Whether connections of this side may be TLS: then who the peers are is read from their certificates. */
  readonly isTls?: boolean;
  /** How many combinations of labels a metric may have; those beyond are counted together. */
  readonly maxCombinations?: number;
}

/** Label sources above Istio's own. */
const SOURCES = { literal: 64, fact: 65, expression: 66 } as const;

const DEFAULT_COMBINATIONS = 4096;

/** Istio's default of `reportingInterval`. */
const DEFAULT_INTERVAL_MS = 5000;

/** A label's name; anything else could not be told from the rest of a metric's name. */
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One metric of one side: whether it is on, and what the user changed of its labels. */
interface Series {
  readonly metric: MetricName;
  enabled: boolean;
  readonly tags: Map<string, TagOverride>;
}

/**
 * The program of what one proxy reports as client or as server, from the Telemetry resources that apply to it, the most
 * general first. Undefined when every metric is off, so that the filter need not count.
 */
export function compileTelemetry(
  telemetries: readonly Telemetry[],
  side: TelemetrySide,
  options: TelemetryOptions = {},
): Uint8Array | undefined {
  const { protocol = "http", isTls = false, maxCombinations = DEFAULT_COMBINATIONS } = options;
  const series = METRIC_NAMES.filter((metric) => isTcp(metric) === (protocol === "tcp")).map((metric) =>
    mergeSeries(telemetries, side, metric),
  );
  if (series.every((one) => !one.enabled)) return undefined;
  const tables = new ProgramTables();
  for (const one of series) tables.addSeries(one);
  const interval = telemetries.findLast(({ reportingIntervalMs }) => reportingIntervalMs !== undefined);
  return assembleProgram({
    policy: PolicyId.telemetry,
    scalars: [
      SIDES.indexOf(side),
      protocol === "tcp" ? 1 : 0,
      isTls ? 1 : 0,
      maxCombinations,
      interval?.reportingIntervalMs ?? DEFAULT_INTERVAL_MS,
    ],
    ...tables.parts(),
  });
}

function isTcp(metric: MetricName): boolean {
  return metric.startsWith("TCP_");
}

/** Overrides are applied in order; a later one wins field by field. */
function mergeSeries(telemetries: readonly Telemetry[], side: TelemetrySide, metric: MetricName): Series {
  const series: Series = { metric, enabled: true, tags: new Map() };
  const concerns = (override: TelemetryOverride): boolean =>
    (override.metric === "ALL_METRICS" || override.metric === metric) &&
    (override.mode === "CLIENT_AND_SERVER" || override.mode === side);
  for (const override of telemetries.flatMap((telemetry) => telemetry.overrides).filter(concerns)) {
    if (override.disabled !== undefined) series.enabled = !override.disabled;
    for (const [name, tag] of Object.entries(override.tags)) series.tags.set(name, tag);
  }
  return series;
}

class ProgramTables {
  readonly #strings = new StringTable();
  readonly #series = new Table(3);
  readonly #labels = new Table(3);
  readonly #expressions = new Expressions(this.#strings);
  readonly #labelLists = new Map<string, readonly [first: number, count: number]>();

  addSeries({ metric, enabled, tags }: Series): void {
    if (!enabled) {
      this.#series.add(0, 0, 0);
      return;
    }
    const records = this.#labelRecords(metric, tags);
    const key = JSON.stringify(records);
    const list = this.#labelLists.get(key) ?? ([this.#labels.count, records.length] as const);
    if (!this.#labelLists.has(key)) for (const record of records) this.#labels.add(...record);
    this.#labelLists.set(key, list);
    this.#series.add(1, ...list);
  }

  parts(): { readonly strings: StringTable; readonly tables: readonly Table[] } {
    const { facts, expressions, steps } = this.#expressions;
    return { strings: this.#strings, tables: [this.#series, this.#labels, facts, expressions, steps] };
  }

  /** The user's own labels come before the last of Istio's, sorted by name. */
  #labelRecords(
    metric: MetricName,
    tags: ReadonlyMap<string, TagOverride>,
  ): (readonly [name: number, source: number, operand: number])[] {
    const own = [...tags.keys()].filter((name) => labelSource(name) === 0 && LABEL_NAME.test(name)).toSorted();
    const names: readonly string[] = [...ISTIO_LABELS.slice(0, -1), ...own, ...ISTIO_LABELS.slice(-1)];
    return names.flatMap((name) => {
      const tag = tags.get(name);
      if (tag?.operation === "REMOVE" || (tag === undefined && isTcp(metric) && HTTP_LABELS.has(name))) return [];
      const [source, operand] =
        tag === undefined ? [labelSource(name), 0] : this.#expressions.source(tag.value, SOURCES);
      return [[this.#strings.intern(name), source, operand] as const];
    });
  }
}
