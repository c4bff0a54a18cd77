import { join } from "node:path";
import { startEnvoyContainer, startEnvoyProcess } from "@sluice/host";
import type { AdminClient, EnvoyBinary, EnvoyImage, RunningEnvoy } from "@sluice/host";
import type { Terminal } from "../output/terminal.ts";
import { startEcho } from "./echo.ts";
import { devConfig } from "./envoy-config.ts";
import type { FilterKind } from "./envoy-config.ts";
import { formatLogLine, LOG_FORMAT, parseLogLine } from "./envoy-log.ts";
import { changedMetrics, METRICS_PATH, parseMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { followLines } from "./tail.ts";
import type { Upstream } from "./upstream.ts";

export interface FrontOptions {
  readonly envoy: EnvoyBinary | EnvoyImage;
  /** In a container, also where there is a binary. */
  readonly container: boolean;
  readonly port: number;
  /** Absent: the built-in echo. */
  readonly upstream?: Upstream;
  /** For the filter's call-outs. */
  readonly clusters: readonly Upstream[];
  readonly terminal: Terminal;
}

/** The Envoy in front of the upstream, its log and its metrics on the terminal. */
export interface Front {
  readonly kind: FilterKind;
  readonly envoy: RunningEnvoy;
  /** Where to send requests, and what is behind the filter, for people. */
  readonly route: string;
  close(): Promise<void>;
}

const METRICS_EVERY_MS = 1_000;
const READY_MS = 20_000;

/** Starts it for the extension in `folder`. Rejects with Envoy's last words where it does not start; nothing is left then. */
export async function startFront(
  options: FrontOptions,
  { kind, folder, level }: { readonly kind: FilterKind; readonly folder: string; readonly level: string },
): Promise<Front> {
  const { envoy, container, port, clusters, terminal } = options;
  const echo = options.upstream === undefined ? await startEcho(kind) : undefined;
  const upstream = options.upstream ?? echo?.upstream;
  if (upstream === undefined) throw new Error("there is neither an upstream nor the echo");
  const logFile = join(folder, "envoy.log");
  const start = {
    config: devConfig({ kind, port, upstream, clusters, folder }),
    logFile,
    // The filter, and what Envoy has against it; not what it says of itself.
    logLevel: "error",
    concurrency: 1,
    name: "sluice dev",
    args: ["--log-format", LOG_FORMAT, "--component-log-level", `wasm:${level},config:warning`],
    ready: { listeners: ["dev"], timeoutMs: READY_MS },
  } as const;
  const stopLog = followLines(logFile, (line) => {
    const parsed = parseLogLine(line);
    if (parsed !== undefined) terminal.line(formatLogLine(parsed, terminal.style));
  });
  const stopAround = async (): Promise<void> => {
    await stopLog();
    await echo?.close();
  };
  try {
    const running =
      envoy.kind === "binary" && !container
        ? await startEnvoyProcess({ ...start, binary: envoy.path })
        : await startEnvoyContainer({ ...start, envoy, mounts: [folder] });
    const stopMetrics = followMetrics(running.admin, terminal);
    const behind = echo === undefined ? `${upstream.host}:${upstream.port}` : "the built-in echo";
    return {
      kind,
      envoy: running,
      route: `${kind === "http" ? "http" : "tcp"}://127.0.0.1:${port} -> filter -> ${behind}`,
      close: async () => {
        stopMetrics();
        await running.stop();
        await stopAround();
      },
    };
  } catch (error) {
    await stopAround();
    throw error;
  }
}

function followMetrics(admin: AdminClient, terminal: Terminal): () => void {
  let last: Metrics = new Map();
  const show = (text: string): void => {
    const now = parseMetrics(text);
    for (const line of changedMetrics(last, now)) terminal.line(`${terminal.style.strong("metric  ")} ${line}`);
    last = now;
  };
  const timer = setInterval(() => {
    // An Envoy that is about to end does not answer any more; its end is told by others.
    admin.get(METRICS_PATH).then(show, () => undefined);
  }, METRICS_EVERY_MS);
  return () => clearInterval(timer);
}
