import type { MetricName, TagOverride, TagValue, Telemetry, TelemetryOverride } from "../model/types.ts";
import { PolicyId } from "./format.ts";
import { ISTIO_LABELS } from "./metric-labels.ts";
import { assembleProgram, StringTable, Table } from "./program-writer.ts";

const METRICS: readonly MetricName[] = ["REQUEST_COUNT", "REQUEST_DURATION"];

/** Who reports: a request's client, or its server. The place is the number in a program. */
const SIDES = ["CLIENT", "SERVER"] as const;
export type TelemetrySide = (typeof SIDES)[number];

/** Label sources above Istio's own. */
const LITERAL = 64;
const FACT = 65;

/** More facts than anyone has labels for; a label beyond them has the value `unknown`. The filter's limit too. */
const MAX_FACTS = 32;

/** A label's name; anything else could not be told from the rest of a metric's name. */
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What a fact of the request is read from. */
const FactKind = {
  header: 1,
  "request.method": 2,
  "request.host": 3,
  "request.url_path": 4,
  "response.code": 5,
} as const;

/** One metric of one side: whether it is on, and what the user changed of its labels. */
interface Series {
  enabled: boolean;
  readonly tags: Map<string, TagOverride>;
}

/**
 * The program of what one proxy reports as client or as server, from the Telemetry resources that apply to it, the most
 * general first. Undefined when every metric is off, so that the filter need not count.
 */
export function compileTelemetry(telemetries: readonly Telemetry[], side: TelemetrySide): Uint8Array | undefined {
  const series = METRICS.map((metric) => mergeSeries(telemetries, side, metric));
  if (series.every((one) => !one.enabled)) return undefined;
  const tables = new ProgramTables();
  for (const one of series) tables.addSeries(one);
  return tables.assemble(side);
}

/** Overrides are applied in order; a later one wins field by field. */
function mergeSeries(telemetries: readonly Telemetry[], side: TelemetrySide, metric: MetricName): Series {
  const series: Series = { enabled: true, tags: new Map() };
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
  readonly #facts = new Table(2);
  readonly #factIndex = new Map<string, number>();
  readonly #labelLists = new Map<string, readonly [first: number, count: number]>();

  addSeries(series: Series): void {
    if (!series.enabled) {
      this.#series.add(0, 0, 0);
      return;
    }
    const records = this.#labelRecords(series.tags);
    const key = JSON.stringify(records);
    const list = this.#labelLists.get(key) ?? ([this.#labels.count, records.length] as const);
    if (!this.#labelLists.has(key)) for (const record of records) this.#labels.add(...record);
    this.#labelLists.set(key, list);
    this.#series.add(1, ...list);
  }

  assemble(side: TelemetrySide): Uint8Array {
    return assembleProgram({
      policy: PolicyId.telemetry,
      scalars: [SIDES.indexOf(side)],
      strings: this.#strings,
      tables: [this.#series, this.#labels, this.#facts],
    });
  }

  /** The user's own labels come before the last of Istio's, sorted by name. */
  #labelRecords(tags: ReadonlyMap<string, TagOverride>): (readonly [number, number, number])[] {
    const own = [...tags.keys()].filter((name) => istioSource(name) === 0 && LABEL_NAME.test(name)).toSorted();
    return [...ISTIO_LABELS.slice(0, -1), ...own, ...ISTIO_LABELS.slice(-1)].flatMap((name) => {
      const tag = tags.get(name);
      if (tag?.operation === "REMOVE") return [];
      const [source, operand] = tag === undefined ? [istioSource(name), 0] : this.#valueSource(tag.value);
      return [[this.#strings.intern(name), source, operand] as const];
    });
  }

  #valueSource(value: TagValue): readonly [source: number, operand: number] {
    if ("literal" in value) return [LITERAL, this.#strings.intern(value.literal)];
    const [kind, operand] =
      "requestHeader" in value
        ? [FactKind.header, this.#strings.intern(value.requestHeader.toLowerCase())]
        : [FactKind[value.attribute], 0];
    const key = `${kind} ${operand}`;
    const known = this.#factIndex.get(key);
    if (known === undefined && this.#facts.count === MAX_FACTS) return [LITERAL, this.#strings.intern("unknown")];
    const index = known ?? this.#facts.add(kind, operand);
    this.#factIndex.set(key, index);
    return [FACT, index];
  }
}

/** The number of one of Istio's labels, 0 for any other. */
function istioSource(name: string): number {
  return ISTIO_LABELS.findIndex((label) => label === name) + 1;
}
