import type { AdminClient } from "./admin.ts";

/** How an Envoy ended: its exit code, or the signal that ended it. */
export interface EnvoyExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** When an Envoy counts as ready. */
export interface ReadyWhen {
  /** Listeners that must be active besides the server being LIVE: at least so many, or all of these names. */
  readonly listeners?: number | readonly string[];
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

/** What it takes to start an Envoy, however it runs. */
export interface StartOptions {
  /** The bootstrap (envoy.config.bootstrap.v3.Bootstrap as JSON). Without `admin`, one on a free loopback port is added. */
  readonly config: object;
  /** Where its log goes; made new. */
  readonly logFile: string;
  /** Worker threads, default 1. */
  readonly concurrency?: number;
  /** Environment variables for it beyond those of this process; a container has none of those. */
  readonly env?: Readonly<Record<string, string>>;
  /** Fixed hot-restart base id; by default Envoy picks a free one. */
  readonly baseId?: number;
  /** Default `info`. */
  readonly logLevel?: "trace" | "debug" | "info" | "warn" | "error";
  /** More of Envoy's command line. */
  readonly args?: readonly string[];
  /** What to wait for before the start counts as done; false waits for the admin interface only. Default `{}`. */
  readonly ready?: ReadyWhen | false;
  /** For people, in errors and `describe()`; default `envoy`. */
  readonly name?: string;
}

/** An Envoy that runs, whether as a process or in a container. */
export interface RunningEnvoy {
  readonly kind: "process" | "container";
  readonly name: string;
  readonly admin: AdminClient;
  /** Of the Envoy process as this machine sees it, where that is known. */
  readonly pid: number | undefined;
  /** Resolves once it has ended, for whatever reason. Never rejects. */
  readonly exited: Promise<EnvoyExit>;
  /** Resolves when ready; rejects with HostError `envoy_start` and the last log lines when it ends first or takes too long. */
  waitUntilReady(when?: ReadyWhen): Promise<void>;
  /** All of its log so far. */
  logs(): string;
  /** SIGTERM, and SIGKILL when that does not end it within `graceMs` (default 3,000). Safe to call twice. */
  stop(options?: { graceMs?: number }): Promise<void>;
  /** SIGKILL, as a crash would be. */
  kill(): Promise<void>;
  /** One line: what runs, where its admin interface and its log are. */
  describe(): string;
}
