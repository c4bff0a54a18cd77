import { parseLastGood } from "../model/last-good.ts";
import type { LastGood } from "../model/last-good.ts";
import type { StatusReport } from "../status/types.ts";
import type { StreamOptions } from "../xds/types.ts";
import { messageOf } from "./errors.ts";
import { Fleet } from "./fleet.ts";
import type { FleetListener } from "./fleet.ts";
import { fleetLog } from "./fleet-log.ts";
import { defaultFolderOptions, watchFolder } from "./folder.ts";
import type { FolderOptions } from "./folder.ts";
import { serveGrpc } from "./grpc.ts";
import { createApp, serveHttp } from "./http.ts";
import { MeshRunner } from "./mesh-runner.ts";
import type { Pipeline } from "./mesh-runner.ts";
import { createMetrics, metricsText } from "./metrics.ts";
import { readModules } from "./modules.ts";
import { Rollouts } from "./rollout.ts";
import { loadState, saveState } from "./state-file.ts";

export interface ControlPlaneOptions {
  /** The mesh's YAML, subfolders included; watched. */
  readonly folder: string;
  /** Keeps the last good version of every object over a restart. */
  readonly stateFile: string;
  /** Holds policies.wasm and authorization.wasm. */
  readonly modulesFolder: string;
  /** Where to listen; 127.0.0.1 if not given, since there is no authentication. */
  readonly address?: string;
  /** 15010 if not given; 0 takes a free one. */
  readonly xdsPort?: number;
  /** 15014 if not given; 0 takes a free one. */
  readonly httpPort?: number;
  readonly log: (line: string) => void;
  readonly folderOptions?: FolderOptions;
  readonly streamOptions?: Partial<StreamOptions>;
}

/** A running control plane. */
export interface ControlPlane {
  readonly address: string;
  readonly xdsPort: number;
  readonly httpPort: number;
  status(): StatusReport;
  /** Reads the modules folder again and gives the Envoys the new digests. Rejects, and changes nothing, if one is missing. */
  reloadModules(): Promise<void>;
  /** Stops listening and watching. The Envoys keep what they have. */
  close(): Promise<void>;
}

/**
 * Starts the control plane with the parts given. It listens only after the first snapshot is there, so an Envoy that
 * reconnects after a restart is never told that its configuration is gone. Rejects with a ControlPlaneError.
 */
export async function composeControlPlane(options: ControlPlaneOptions, pipeline: Pipeline): Promise<ControlPlane> {
  const { folder, stateFile, modulesFolder, log } = options;
  const modules = await readModules(modulesFolder);
  const loaded = await loadState(stateFile);
  if (loaded.problem !== undefined) log(`warning: ${loaded.problem}; starting without it`);
  const metrics = createMetrics();
  const rollouts = new Rollouts();
  const listener: FleetListener = fleetLog({
    log,
    metrics,
    rollouts,
    snapshotOf: (id) => fleet.snapshots.byProxy.get(id),
  });
  const fleet = new Fleet(listener, options.streamOptions);
  const saver = stateSaver(stateFile, log);
  const runner = new MeshRunner({
    pipeline,
    fleet,
    rollouts,
    modules,
    lastGood: parseLastGood(loaded.state),
    log,
    save: saver.save,
  });

  const watched = await watchFolder(
    folder,
    (files, since) => runner.useFiles(files, since),
    (message) => log(`warning: ${message}`),
    options.folderOptions ?? defaultFolderOptions,
  );
  runner.useFiles(watched.files, performance.now());

  const closers: Closer[] = [() => saver.done(), () => watched.close(), async () => runner.close()];
  try {
    const ports = await listen(
      options,
      { pipeline, fleet, runner, metricsText: () => metricsText(metrics, fleet.size) },
      closers,
    );
    return {
      ...ports,
      status: () => runner.status(),
      reloadModules: async () => runner.useModules(await readModules(modulesFolder, runner.modules), performance.now()),
      close: () => closeAll(closers),
    };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

interface Served {
  readonly pipeline: Pipeline;
  readonly fleet: Fleet;
  readonly runner: MeshRunner;
  readonly metricsText: () => string;
}

type Closer = () => Promise<void>;

/** Opens both ports; what has been opened is added to `closers`, also when the second fails. */
async function listen(
  { address = "127.0.0.1", xdsPort = 15_010, httpPort = 15_014 }: ControlPlaneOptions,
  { pipeline, fleet, runner, metricsText: metrics }: Served,
  closers: Closer[],
): Promise<{ address: string; xdsPort: number; httpPort: number }> {
  const ports = { xds: xdsPort, http: httpPort };
  const app = createApp({
    proxies: () => runner.proxies,
    isConnected: (id) => fleet.isConnected(id),
    status: () => runner.status(),
    metrics,
    module: (sha256) => runner.modules.bytes.get(sha256),
    bootstrap: (proxy, admin) =>
      pipeline.bootstrap(proxy, {
        xds: { address, port: ports.xds },
        http: { address, port: ports.http },
        admin,
        telemetries: runner.telemetries,
      }),
  });
  const http = await serveHttp(address, httpPort, app);
  closers.push(() => http.close());
  ports.http = http.port;
  const grpc = await serveGrpc(address, xdsPort, fleet);
  closers.push(async () => {
    fleet.closeAll();
    grpc.close();
  });
  ports.xds = grpc.port;
  return { address, xdsPort: ports.xds, httpPort: ports.http };
}

/** Last opened, first closed. */
async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}

/** Writes one state at a time, and of those that come meanwhile only the last. */
function stateSaver(
  path: string,
  log: (line: string) => void,
): { save: (lastGood: LastGood) => void; done: () => Promise<void> } {
  let next: LastGood | undefined;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (next !== undefined) {
      const state = next;
      next = undefined;
      try {
        await saveState(path, state);
      } catch (error) {
        log(`warning: ${path}: cannot be written: ${messageOf(error)}`);
      }
    }
    running = undefined;
  };
  return {
    save(lastGood) {
      next = lastGood;
      running ??= run();
    },
    done: async () => running,
  };
}
