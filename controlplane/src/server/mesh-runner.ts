import type { SourceFile } from "../config/index.ts";
import type { Admission } from "../model/admit.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { LastGood } from "../model/last-good.ts";
import type { Mesh, Proxy } from "../model/types.ts";
import { buildSnapshots } from "../snapshot/build.ts";
import type { ProxyResources } from "../snapshot/types.ts";
import { StatusMemory } from "../status/memory.ts";
import { report } from "../status/report.ts";
import type { StatusReport } from "../status/types.ts";
import { nextFaultChange } from "../translate/index.ts";
import type { BootstrapOptions, TranslateOptions } from "../translate/index.ts";
import { changedObjects, describeChanges } from "./changes.ts";
import { diagnosticNews, formatFixed } from "./diagnostics-log.ts";
import type { Fleet } from "./fleet.ts";
import { MetricLabels } from "./metric-labels.ts";
import { logEvent } from "./log-event.ts";
import type { LogEvent, LogEvents } from "./log-event.ts";
import type { Metrics } from "./metrics.ts";
import type { ModuleStore } from "./modules.ts";
import type { Rollouts } from "./rollout.ts";

/** The pure parts between the files and the snapshots. */
export interface Pipeline {
  admit(files: readonly SourceFile[], lastGood: LastGood): Admission;
  translate(mesh: Mesh, options: TranslateOptions): readonly ProxyResources[];
  bootstrap(proxy: Proxy, options: BootstrapOptions): object;
  /** `source` is the text of the diagnostic's file. */
  formatDiagnostic(diagnostic: Diagnostic, source?: string): string;
}

/** What a mesh runner works with. */
export interface MeshRunnerOptions {
  readonly pipeline: Pipeline;
  readonly fleet: Fleet;
  readonly rollouts: Rollouts;
  readonly modules: ModuleStore;
  readonly lastGood: LastGood;
  readonly log: (line: string) => void;
  /** Gets the same as data. */
  readonly events?: LogEvents | undefined;
  readonly metrics: Metrics;
  /** Keeps the last good versions where a restart finds them. */
  readonly save: () => void;
}

/** What a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Leads every change from the files to the fleet: admit, translate, snapshot; and logs what became of it. */
export class MeshRunner {
  readonly #options: MeshRunnerOptions;
  readonly #labels = new MetricLabels();
  readonly #statusMemory = new StatusMemory();
  #modules: ModuleStore;
  #admission: Admission;
  /** What was found to be doubtful when the mesh was last translated. */
  #doubts: readonly Diagnostic[] = [];
  #faultTimer: NodeJS.Timeout | undefined;

  constructor(options: MeshRunnerOptions) {
    this.#options = options;
    this.#modules = options.modules;
    this.#admission = emptyAdmission(options.lastGood);
  }

  get mesh(): Mesh {
    return this.#admission.mesh;
  }

  get proxies(): readonly Proxy[] {
    return this.#admission.mesh.proxies;
  }

  get telemetries(): Mesh["telemetries"] {
    return this.#admission.mesh.telemetries;
  }

  get lastGood(): LastGood {
    return this.#admission.lastGood;
  }

  get serviceCount(): number {
    return new Set(this.#admission.mesh.services.map(({ host }) => host)).size;
  }

  get modules(): ModuleStore {
    return this.#modules;
  }

  /**
   * `since`: when the change was seen (performance.now). Returns whether it came to its end: a fault of ours is logged, and
   * all stays as it was.
   */
  useFiles(files: readonly SourceFile[], since: number): boolean {
    const { pipeline, save, metrics } = this.#options;
    metrics.updates.add(1, { type: "config" });
    metrics.debounce.observe((performance.now() - since) / 1000);
    const before = this.#admission;
    try {
      const admission = pipeline.admit(files, before.lastGood);
      this.#admission = admission;
      this.#logDiagnostics(before.diagnostics, admission.diagnostics, files);
      for (const each of this.#labels.learn(admission.mesh.telemetries)) this.#logDiagnostic(each);
      const changes = changedObjects(before.lastGood, admission.lastGood);
      this.#publish(describeChanges(changes), since, "config", files);
      save();
      return true;
    } catch (error) {
      this.#admission = before;
      this.#logFault(error);
      return false;
    }
  }

  useModules(modules: ModuleStore, since: number): void {
    this.#modules = modules;
    this.#publish("new modules", since, "modules");
  }

  /** Renews no more leases. */
  close(): void {
    clearTimeout(this.#faultTimer);
  }

  status(): StatusReport {
    const { mesh, objects } = this.#admission;
    const diagnostics = [...this.#admission.diagnostics, ...this.#doubts];
    const { fleet } = this.#options;
    const input = {
      proxies: mesh.proxies,
      snapshots: fleet.snapshots,
      streams: fleet.facts(),
      objects,
      diagnostics,
      rejectionsOf: (proxy: string, proxyClass?: string) => fleet.quarantine.rejectionsOf(proxy, proxyClass),
    };
    return report(input, this.#statusMemory);
  }

  /**
   * An empty label: nothing in the mesh differs (only a comment, say), so there is nothing to tell. Undefined: a lease is
   * renewed or over, which is not even followed to the last ACK.
   */
  #publish(label: string | undefined, since: number, trigger: string, files: readonly SourceFile[] = []): void {
    const { pipeline, fleet, rollouts, log, events, metrics } = this.#options;
    const started = performance.now();
    const now = Date.now();
    const doubts = this.#doubts;
    const resources = pipeline.translate(this.#admission.mesh, {
      modules: this.#modules.current,
      now,
      report: (found) => (this.#doubts = found),
    });
    this.#logDiagnostics(doubts, this.#doubts, files);
    this.#awaitFaultChange(now);
    const snapshots = buildSnapshots(resources, fleet.snapshots);
    metrics.contextInit.observe((performance.now() - started) / 1000);
    metrics.triggers.add(1, { type: trigger });
    const concerned = [...snapshots.changed].filter((id) => fleet.isConnected(id));
    // Before the snapshots go out, since an Envoy that needs nothing sent is done within the update.
    if (label !== undefined && concerned.length > 0)
      rollouts.start(label === "" ? "the mesh" : label, concerned, since);
    else if (label !== undefined && label !== "") {
      log(`applied: ${label} (no connected proxy needs a change)`);
      logEvent(events, "info", "applied", { label, proxies: 0, rejected: 0, milliseconds: performance.now() - since });
    }
    fleet.update(snapshots);
  }

  /** Renews the leases of fault injections, and takes those out that have ended. A process that ends does not wait for it. */
  #awaitFaultChange(now: number): void {
    clearTimeout(this.#faultTimer);
    const next = nextFaultChange(this.#admission.mesh, now);
    if (next === undefined) return;
    const renew = (): void => this.#publish(undefined, performance.now(), "lease");
    this.#faultTimer = setTimeout(renew, Math.min(next - now, MAX_TIMER_MS)).unref();
  }

  #logDiagnostics(before: readonly Diagnostic[], now: readonly Diagnostic[], files: readonly SourceFile[]): void {
    const { appeared, gone } = diagnosticNews(before, now);
    for (const each of gone) {
      this.#options.log(formatFixed(each));
      this.#event("info", "fixed", each);
    }
    for (const each of appeared) {
      this.#logDiagnostic(each, files.find(({ path }) => path === each.position.file)?.text);
    }
  }

  #logDiagnostic(diagnostic: Diagnostic, source?: string): void {
    const { pipeline, log } = this.#options;
    log(pipeline.formatDiagnostic(diagnostic, source));
    this.#event(diagnostic.severity, "diagnostic", diagnostic);
  }

  #event(
    level: LogEvent["level"],
    event: "diagnostic" | "fixed",
    { code, position, object, message, fix }: Diagnostic,
  ): void {
    const { kind, namespace, name } = object ?? {};
    logEvent(this.#options.events, level, event, { code, ...position, kind, namespace, name, message, fix });
  }

  #logFault(error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log(`error: this change could not be applied: ${message}`);
    logEvent(this.#options.events, "error", "failed", { message });
  }
}

function emptyAdmission(lastGood: LastGood): Admission {
  return { mesh: EMPTY_MESH, diagnostics: [], lastGood, objects: [] };
}
