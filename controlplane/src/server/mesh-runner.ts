import type { SourceFile } from "../config/index.ts";
import type { Admission } from "../model/admit.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { LastGood } from "../model/last-good.ts";
import type { Mesh, Proxy } from "../model/types.ts";
import { buildSnapshots } from "../snapshot/build.ts";
import type { ProxyResources } from "../snapshot/types.ts";
import { report } from "../status/report.ts";
import type { StatusReport } from "../status/types.ts";
import { nextFaultChange } from "../translate/index.ts";
import type { BootstrapOptions, TranslateOptions } from "../translate/index.ts";
import { changedObjects, describeChanges } from "./changes.ts";
import { diagnosticNews, formatFixed } from "./diagnostics-log.ts";
import type { Fleet } from "./fleet.ts";
import { MetricLabels } from "./metric-labels.ts";
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
  #modules: ModuleStore;
  #admission: Admission;
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

  /** `since`: when the change was seen (performance.now). A fault of ours is logged; the fleet keeps what it has. */
  useFiles(files: readonly SourceFile[], since: number): void {
    const { pipeline, log, save, metrics } = this.#options;
    metrics.updates.add(1, { type: "config" });
    metrics.debounce.observe((performance.now() - since) / 1000);
    try {
      const before = this.#admission;
      const admission = pipeline.admit(files, before.lastGood);
      this.#admission = admission;
      this.#logDiagnostics(before, files);
      for (const each of this.#labels.learn(admission.mesh.telemetries)) log(pipeline.formatDiagnostic(each));
      const changes = changedObjects(before.lastGood, admission.lastGood);
      this.#publish(describeChanges(changes), since, "config");
      save();
    } catch (error) {
      log(
        `error: this change could not be applied: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
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
    const { mesh, objects, diagnostics } = this.#admission;
    const { fleet } = this.#options;
    return report({
      proxies: mesh.proxies,
      snapshots: fleet.snapshots,
      streams: fleet.facts(),
      objects,
      diagnostics,
      rejectionsOf: (proxy, proxyClass) => fleet.quarantine.rejectionsOf(proxy, proxyClass),
    });
  }

  /**
   * An empty label: nothing in the mesh differs (only a comment, say), so there is nothing to tell. Undefined: a lease is
   * renewed or over, which is not even followed to the last ACK.
   */
  #publish(label: string | undefined, since: number, trigger: string): void {
    const { pipeline, fleet, rollouts, log, metrics } = this.#options;
    const started = performance.now();
    const now = Date.now();
    const resources = pipeline.translate(this.#admission.mesh, { modules: this.#modules.current, now });
    this.#awaitFaultChange(now);
    const snapshots = buildSnapshots(resources, fleet.snapshots);
    metrics.contextInit.observe((performance.now() - started) / 1000);
    metrics.triggers.add(1, { type: trigger });
    const concerned = [...snapshots.changed].filter((id) => fleet.isConnected(id));
    // Before the snapshots go out, since an Envoy that needs nothing sent is done within the update.
    if (label !== undefined && concerned.length > 0)
      rollouts.start(label === "" ? "the mesh" : label, concerned, since);
    else if (label !== undefined && label !== "") log(`applied: ${label} (no connected proxy needs a change)`);
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

  #logDiagnostics(before: Admission, files: readonly SourceFile[]): void {
    const { pipeline, log } = this.#options;
    const { appeared, gone } = diagnosticNews(before.diagnostics, this.#admission.diagnostics);
    for (const each of gone) log(formatFixed(each));
    for (const each of appeared) {
      log(pipeline.formatDiagnostic(each, files.find(({ path }) => path === each.position.file)?.text));
    }
  }
}

function emptyAdmission(lastGood: LastGood): Admission {
  return { mesh: EMPTY_MESH, diagnostics: [], lastGood, objects: [] };
}
