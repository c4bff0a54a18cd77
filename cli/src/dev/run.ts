import { resolve } from "node:path";
import { textOrFile } from "../commands/values.ts";
import { EXIT, Failure } from "../failure.ts";
import { prepareEnvoy } from "../mesh/prepare.ts";
import type { Terminal } from "../output/terminal.ts";
import { findPortConflicts, formatPortConflict } from "../ports/preflight.ts";
import { listenForStop } from "../process/stop-signals.ts";
import type { FilterKind } from "./envoy-config.ts";
import { listenForKeys } from "./keys.ts";
import type { Key, Keyboard } from "./keys.ts";
import { Session } from "./session.ts";
import type { FilterLevel } from "./session.ts";
import { openSource } from "./source.ts";
import type { Source } from "./source.ts";
import type { Upstream } from "./upstream.ts";
import { watchSources } from "./watch.ts";

/** The options of `sluice dev`, read. */
export interface DevOptions {
  readonly file: string | undefined;
  readonly port: number;
  readonly upstream: Upstream | undefined;
  readonly clusters: readonly Upstream[];
  /** The configuration itself, or with `@FILE` a file that has it, which is watched. */
  readonly config: string | undefined;
  readonly rootId: string;
  readonly kind: FilterKind | undefined;
  readonly level: FilterLevel;
  readonly release: boolean;
  readonly container: boolean;
}

/** Runs until it is asked to stop. Rejects with a Failure where it cannot begin or go on; nothing is left running. */
export async function runDev(options: DevOptions, terminal: Terminal, keyboard: Keyboard): Promise<void> {
  const source = openSource(options.file, options.release ? "release" : "debug", terminal.style);
  try {
    const [busy] = await findPortConflicts([{ address: "127.0.0.1", port: options.port, purpose: "sluice dev" }]);
    if (busy !== undefined) throw new Failure(`${formatPortConflict(busy)}; give another with --port`, EXIT.usage);
    await runSource(source, options, terminal, keyboard);
  } finally {
    await source.close();
  }
}

async function runSource(source: Source, options: DevOptions, terminal: Terminal, keyboard: Keyboard): Promise<void> {
  const envoy = await prepareEnvoy(terminal);
  const { upstream, kind, port, clusters, rootId, level, config, container } = options;
  const session = await Session.open({
    source,
    port,
    clusters,
    rootId,
    level,
    terminal,
    envoy,
    container,
    configuration: async () => new TextEncoder().encode(await textOrFile(config ?? "")),
    onInputs: (files) => watch.add(files),
    ...(upstream === undefined ? {} : { upstream }),
    ...(kind === undefined ? {} : { kind }),
  });
  const watch = await watchSources(source.folder, (names) => void session.refresh(names.join(", ")));
  if (config?.startsWith("@") === true) watch.add([resolve(config.slice(1))]);
  const stop = Promise.withResolvers<void>();
  listenForStop({ onStop: () => stop.resolve(), onHurry: () => process.exit(EXIT.interrupted) });
  const stopKeys = listenForKeys(keyboard, (key) => onKey(key, session, stop.resolve));
  try {
    const stopped = stop.promise.then(() => "stopped" as const);
    const begun = await Promise.race([session.refresh("built"), session.failed, stopped]);
    if (begun === undefined) terminal.line(terminal.style.faint(hint(keyboard)));
    await Promise.race([session.failed, stopped]);
  } finally {
    stopKeys();
    await watch.close();
    await session.close();
    terminal.line(terminal.style.faint("stopped; nothing is left running"));
  }
}

function hint({ isTTY }: Keyboard): string {
  return `save a file and the new code runs${isTTY === true ? "; keys: r reload, l log level, q quit" : ""}`;
}

function onKey(key: Key, session: Session, quit: () => void): void {
  if (key === "quit") quit();
  else if (key === "level") void session.nextLevel();
  else void session.refresh("reload");
}
