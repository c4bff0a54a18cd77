import type { AdminClient } from "./admin.ts";
import { awaitReady, type Watched } from "./await-ready.ts";
import { readLog } from "./log-file.ts";
import type { EnvoyExit, ReadyWhen, RunningEnvoy } from "./running.ts";

/** What every Envoy of ours is, however it runs. */
export abstract class EnvoyBase implements RunningEnvoy {
  abstract readonly kind: RunningEnvoy["kind"];
  readonly name: string;
  readonly admin: AdminClient;
  readonly pid: number | undefined;
  readonly exited: Promise<EnvoyExit>;
  readonly #watched: Watched;

  constructor(admin: AdminClient, watched: Watched, pid: number | undefined) {
    this.name = watched.name;
    this.admin = admin;
    this.pid = pid;
    this.exited = watched.exited;
    this.#watched = watched;
  }

  async waitUntilReady(when?: ReadyWhen): Promise<void> {
    await awaitReady(this.admin, this.#watched, when);
  }

  logs(): string {
    return readLog(this.#watched.logFile);
  }

  describe(): string {
    return `${this.name}: ${this.identity()}, admin ${this.admin.url}, log ${this.#watched.logFile}`;
  }

  abstract stop(options?: { graceMs?: number }): Promise<void>;
  abstract kill(): Promise<void>;
  /** Which process or container it is, for people. */
  protected abstract identity(): string;
}
