/** Prometheus' three kinds of metrics, under the names that Istio's users have dashboards and alerts on. */
type MetricType = "counter" | "gauge" | "histogram";

interface Series {
  value: number;
  /** Of a histogram: how many values were within each bound. */
  readonly buckets: number[];
  count: number;
}

/** More label sets than this of one metric are not kept; what they would count is left out. */
const maxSeries = 10_000;

/** One metric with its series, by their labels. */
export class Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #type: MetricType;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(type: MetricType, name: string, help: string, bounds: readonly number[] = []) {
    this.#type = type;
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  add(by: number, labels: Labels = {}): void {
    const series = this.#of(labels);
    if (series !== undefined) series.value += by;
  }

  set(value: number, labels: Labels = {}): void {
    const series = this.#of(labels);
    if (series !== undefined) series.value = value;
  }

  /** Of a histogram. */
  observe(value: number, labels: Labels = {}): void {
    const series = this.#of(labels);
    if (series === undefined) return;
    series.value += value;
    series.count += 1;
    for (const [index, bound] of this.#bounds.entries()) {
      if (value <= bound) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
    }
  }

  /** Forgets all series; for a gauge that is filled anew whenever it is read. */
  clear(): void {
    this.#series.clear();
  }

  /** The value of one series, 0 if it has none. */
  get(labels: Labels = {}): number {
    return this.#series.get(labelText(labels))?.value ?? 0;
  }

  /** Prometheus' text format, version 0.0.4. */
  text(): string[] {
    const head = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} ${this.#type}`];
    return [...head, ...[...this.#series].flatMap(([labels, series]) => this.#lines(labels, series))];
  }

  #lines(labels: string, { value, buckets, count }: Series): string[] {
    const name = this.#name;
    if (this.#type !== "histogram") return [`${name}${braces(labels)} ${value}`];
    const bounds = [...this.#bounds.entries()].map(
      ([index, bound]) => `${name}_bucket${braces(labels, `le="${bound}"`)} ${buckets[index] ?? 0}`,
    );
    return [
      ...bounds,
      `${name}_bucket${braces(labels, 'le="+Inf"')} ${count}`,
      `${name}_sum${braces(labels)} ${value}`,
      `${name}_count${braces(labels)} ${count}`,
    ];
  }

  #of(labels: Labels): Series | undefined {
    const key = labelText(labels);
    let series = this.#series.get(key);
    if (series === undefined && this.#series.size < maxSeries) {
      series = { value: 0, buckets: this.#bounds.map(() => 0), count: 0 };
      this.#series.set(key, series);
    }
    return series;
  }
}

export type Labels = Readonly<Record<string, string>>;

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, (each) => (each === "\n" ? "\\n" : `\\${each}`))}"`,
    )
    .join(",");
}

function braces(labels: string, more = ""): string {
  const all = [labels, more].filter((each) => each !== "").join(",");
  return all === "" ? "" : `{${all}}`;
}

const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 5, 10, 30];
const fineSeconds = [0.0001, 0.001, 0.01, 0.1, 1, 3, 5, 10, 20, 30];
const bytes = [1, 1e3, 1e4, 1e5, 1e6, 4e6, 1e7, 4e7];

const counter = (name: string, help: string): Metric => new Metric("counter", name, help);
const gauge = (name: string, help: string): Metric => new Metric("gauge", name, help);
const histogram = (name: string, help: string, bounds: readonly number[]): Metric =>
  new Metric("histogram", name, help, bounds);

export type Metrics = ReturnType<typeof createMetrics>;

/** Names and meanings are istiod's, except for those that begin with sluice or process. */
// eslint-disable-next-line typescript/explicit-function-return-type -- the record of names is its type
export function createMetrics() {
  return {
    clients: gauge("pilot_xds", "Envoys connected over xDS."),
    services: gauge("pilot_services", "Hosts of services in the mesh."),
    pushes: counter("pilot_xds_pushes", "Responses sent, by type."),
    rejects: counter("pilot_total_xds_rejects", "Responses that an Envoy rejected, by type."),
    cdsReject: gauge("pilot_xds_cds_reject", "Clusters that are set aside because this Envoy rejected them."),
    edsReject: gauge("pilot_xds_eds_reject", "Endpoints that are set aside because this Envoy rejected them."),
    ldsReject: gauge("pilot_xds_lds_reject", "Listeners that are set aside because this Envoy rejected them."),
    rdsReject: gauge("pilot_xds_rds_reject", "Routes that are set aside because this Envoy rejected them."),
    expiredNonce: counter("pilot_xds_expired_nonce", "Requests that answered an older response, by type."),
    certificateErrors: counter("pilot_sds_certificate_errors_total", "Secrets that an Envoy could not take."),
    triggers: counter("pilot_push_triggers", "Pushes by what brought them about."),
    updates: counter("pilot_inbound_updates", "Changes that came in, by kind."),
    debounce: histogram("pilot_debounce_time", "Seconds from a change to the begin of its translation.", seconds),
    contextInit: histogram("pilot_pushcontext_init_seconds", "Seconds to make all snapshots anew.", seconds),
    pushTime: histogram("pilot_xds_push_time", "Seconds to make a response and hand it over, by type.", fineSeconds),
    sendTime: histogram(
      "pilot_xds_send_time",
      "Seconds until a response has left, which a slow Envoy lengthens.",
      fineSeconds,
    ),
    queueTime: histogram("pilot_proxy_queue_time", "Seconds for which a push waited for its turn.", seconds),
    convergence: histogram(
      "pilot_proxy_convergence_time",
      "Seconds from a change to the last ACK of the proxies that it concerns.",
      seconds,
    ),
    configSize: histogram("pilot_xds_config_size_bytes", "Bytes of the resources in a response, by type.", bytes),
    sentBytes: counter("sluice_xds_sent_bytes_total", "Bytes of the resources sent, by type."),
    memory: gauge("process_resident_memory_bytes", "Resident memory of the control plane."),
    cpu: counter("process_cpu_seconds_total", "CPU time of the control plane."),
    loadRequests: counter("sluice_load_requests_total", "Requests that Envoys reported by load reports (LRS)."),
    loadInProgress: gauge("sluice_load_requests_in_progress", "Requests under way in the last load report (LRS)."),
    accessLogEntries: counter("sluice_access_log_entries_total", "Access log entries received (ALS)."),
    accessLogDropped: counter("sluice_access_log_dropped_total", "Entries received (ALS) but not logged."),
  };
}

export function metricsText(metrics: Metrics): string {
  metrics.memory.set(process.memoryUsage.rss());
  const { user, system } = process.cpuUsage();
  metrics.cpu.set((user + system) / 1e6);
  return `${Object.values(metrics)
    .flatMap((metric) => metric.text())
    .join("\n")}\n`;
}
