import { HostError } from "@sluice/host";
import { readModule } from "@sluice/host/wasm";
import { Failure, messageOf } from "../failure.ts";
import { formatDuration } from "../output/duration.ts";
import { formatSize } from "../output/size.ts";
import { kindOf } from "./envoy-config.ts";
import type { FilterKind } from "./envoy-config.ts";
import { startFront } from "./front.ts";
import type { Front, FrontOptions } from "./front.ts";
import type { Source } from "./source.ts";
import { Stage } from "./stage.ts";
import type { Act, Verdict } from "./stage.ts";
import { pause } from "../process/pause.ts";

export interface SessionOptions extends FrontOptions {
  readonly source: Source;
  /** Absent: what the module's exports say. */
  readonly kind?: FilterKind;
  /** Read anew for each build. Rejects with a Failure where it can't be read. */
  readonly configuration: () => Promise<Uint8Array>;
  readonly rootId: string;
  readonly level: FilterLevel;
  /** Called with what each build was made of. */
  readonly onInputs: (files: readonly string[]) => void;
}

/** Levels that `nextLevel` goes through. On `trace` Envoy tells each call between the filter and itself. */
export const FILTER_LEVELS = ["info", "debug", "trace", "warning", "error"] as const;
export type FilterLevel = (typeof FILTER_LEVELS)[number];

const LOG_DELAY_MS = 150;

/** One run of `sluice dev`: the filter in front of its upstream in a real Envoy, exchanged for a newer one while it runs. */
export class Session {
  readonly #options: SessionOptions;
  readonly #stage: Stage;
  readonly #failed = Promise.withResolvers<never>();
  #front: Front | undefined;
  #level: FilterLevel;
  /** The problem that was told last. */
  #told = "";
  #work: Promise<void> = Promise.resolve();
  #queued = false;
  #closing = false;

  private constructor(options: SessionOptions, stage: Stage) {
    this.#options = options;
    this.#stage = stage;
    this.#level = options.level;
    this.#failed.promise.catch(() => undefined);
  }

  static async open(options: SessionOptions): Promise<Session> {
    return new Session(options, await Stage.open());
  }

  /** Rejects when the session cannot go on: Envoy does not start, or has ended by itself. Never resolves. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Builds and shows what there is now. Calls that come while one is under way are answered by one more after it. */
  async refresh(why: string): Promise<void> {
    if (!this.#queued) {
      this.#queued = true;
      this.#work = this.#after(this.#work, why);
    }
    await this.#work;
  }

  async #after(before: Promise<void>, why: string): Promise<void> {
    await before;
    this.#queued = false;
    try {
      if (!this.#closing) await this.#refresh(why);
    } catch (error) {
      this.#failed.reject(error instanceof HostError ? await startFailure(error) : error);
    }
  }

  async nextLevel(): Promise<void> {
    this.#level = FILTER_LEVELS[(FILTER_LEVELS.indexOf(this.#level) + 1) % FILTER_LEVELS.length] ?? "info";
    // An Envoy that does not answer any more is told of by its end.
    await this.#front?.envoy.admin.setLogLevel(this.#level, "wasm").catch(() => undefined);
    // A filter that remembers its level asks for it again when it is configured.
    await this.refresh(`log level ${this.#level}`);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#work;
    await this.#front?.close();
    await this.#stage.close();
  }

  async #refresh(why: string): Promise<void> {
    const { source, rootId, configuration } = this.#options;
    const startedAt = performance.now();
    const built = await source.build();
    this.#options.onInputs(built.inputs);
    if (!built.ok) return this.#tell(built.problems);
    const { module } = built;
    const config = await configuration().catch((error: unknown) => messageOf(error));
    if (typeof config === "string") return this.#tell(config);
    const kind = this.#options.kind ?? kindOf(exportsOf(module));
    if (this.#front !== undefined && this.#front.kind !== kind) {
      return this.#tell(`the filter has become one for ${kind.toUpperCase()}: start sluice dev anew`);
    }
    const verdict = await this.#show({ kind, module, rootId, configuration: config });
    if (verdict !== "accepted") return this.#tell(WHY_NOT[verdict]);
    this.#told = "";
    this.#announce(`${why}: ${formatSize(module.length)}, live after ${formatDuration(performance.now() - startedAt)}`);
  }

  /** To the Envoy that runs, or to a new one; one that rejects its first act has nothing to go on with. */
  async #show(act: Act): Promise<Verdict> {
    const running = this.#front;
    const shown = await this.#stage.show(act, running?.envoy.admin);
    if (running !== undefined) {
      if (shown !== "accepted") await logIsRead();
      return shown;
    }
    const front = await startFront(this.#options, { ...act, folder: this.#stage.folder, level: this.#level });
    const verdict = await this.#stage.verdictAtStart(front.envoy.admin);
    if (verdict === "accepted") this.#keep(front);
    else await front.close();
    return verdict;
  }

  #keep(front: Front): void {
    this.#front = front;
    void this.#watchEnd(front);
    const { terminal, source } = this.#options;
    terminal.line(`${terminal.style.strong(source.name)}: ${terminal.style.strong(front.route)}`);
    terminal.line(terminal.style.faint(`Envoy's admin interface: ${front.envoy.admin.url}`));
  }

  async #watchEnd({ envoy }: Front): Promise<void> {
    const { code, signal } = await envoy.exited;
    const how = signal === undefined ? `code ${code ?? "unknown"}` : `signal ${signal}`;
    if (!this.#closing) this.#failed.reject(new Failure(`Envoy has ended by itself, with ${how}`));
  }

  #announce(text: string): void {
    const { terminal } = this.#options;
    terminal.line(`${terminal.style.good("✓")} ${text}`);
  }

  /** What is wrong; a save that leaves it as it is says no more. */
  #tell(problem: string): void {
    if (problem === this.#told) return;
    this.#told = problem;
    const { terminal } = this.#options;
    const runs = this.#front === undefined ? "nothing runs yet" : "the last good module goes on running";
    terminal.line(problem);
    terminal.line(`${terminal.style.bad("✗")} ${runs}; the next save builds again`);
  }
}

/** Why an Envoy does not start is for the user to read; its log has been shown already. */
async function startFailure({ code, message }: HostError): Promise<Failure> {
  if (code !== "envoy_start") return new Failure(message);
  await logIsRead();
  return new Failure("Envoy does not start, for the reason in its log above");
}

/** Envoy's counters are faster than its log. */
async function logIsRead(): Promise<void> {
  await pause(LOG_DELAY_MS);
}

const WHY_NOT: Readonly<Record<Exclude<Verdict, "accepted">, string>> = {
  rejected: "Envoy rejects the module, for the reason in its log above",
  "no answer": "Envoy has not taken the module: is its log above telling why?",
};

function exportsOf(module: Uint8Array): string[] {
  const read = readModule(module);
  return read.ok ? read.exports.map(({ name }) => name) : [];
}
