import { parseLastGood } from "../model/last-good.ts";
import type { StatusReport } from "../status/types.ts";
import type { StreamOptions } from "../xds/types.ts";
import type { AdmissionOptions } from "./admission.ts";
import { ControlPlaneError } from "./errors.ts";
import { Fleet } from "./fleet.ts";
import { fleetLog } from "./fleet-log.ts";
import { defaultFolderOptions, watchFolder } from "./folder.ts";
import type { FolderOptions } from "./folder.ts";
import { serveGrpc } from "./grpc.ts";
import { createApp, serveHttp } from "./http.ts";
import { clientViews } from "./inspect.ts";
import { inspection } from "./inspection.ts";
import { loadReportMethod } from "./load-reports.ts";
import { accessLogMethod } from "./access-logs.ts";
import { clientStatusMethods } from "./csds.ts";
import { stateSaver } from "./state-saver.ts";
import { Changes } from "./wait.ts";
import { MeshRunner } from "./mesh-runner.ts";
import type { Pipeline } from "./mesh-runner.ts";
import { logEvent } from "./log-event.ts";
import type { LogEvents } from "./log-event.ts";
import { createMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { Quarantine } from "../snapshot/quarantine.ts";
import { quarantineFromJson, quarantineToJson } from "../snapshot/quarantine-json.ts";
import { readModules } from "./modules.ts";
import { Rollouts } from "./rollout.ts";
import { scrape } from "./scrape.ts";
import { loadState } from "./state-file.ts";

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
  /** Gets the same as data. */
  readonly events?: LogEvents;
  readonly folderOptions?: FolderOptions;
  readonly streamOptions?: Partial<StreamOptions>;
  readonly admissionOptions?: Partial<AdmissionOptions>;
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
  const { folder, stateFile, modulesFolder, events } = options;
  const log = (line: string): void => {
    options.log(line);
    logEvent(events, line.startsWith("warning: ") ? "warning" : "info", "message", { message: line });
  };
  const modules = await readModules(modulesFolder);
  const loaded = await loadState(stateFile);
  if (loaded.problem !== undefined) log(`warning: ${loaded.problem}; starting without it`);
  const metrics = createMetrics();
  const rollouts = new Rollouts();
  const saver = stateSaver(stateFile, log);
  const quarantine = new Quarantine(quarantineFromJson(partOf(loaded.state, "quarantine")));
  const save = (): void => saver.save({ ...runner.lastGood, quarantine: quarantineToJson(quarantine.rejections) });
  const changes = new Changes();
  const listener = fleetLog({
    log: options.log,
    events,
    metrics,
    rollouts,
    changed: () => changes.announce(),
    quarantined: () => save(),
  });
  const fleet = new Fleet(listener, {
    quarantine,
    ...(options.streamOptions === undefined ? {} : { streams: options.streamOptions }),
    ...(options.admissionOptions === undefined ? {} : { admission: options.admissionOptions }),
  });
  const runner = new MeshRunner({
    pipeline,
    fleet,
    rollouts,
    modules,
    metrics,
    lastGood: parseLastGood(loaded.state),
    log: options.log,
    events,
    save,
  });

  const watched = await watchFolder(
    folder,
    (files, since) => runner.useFiles(files, since),
    (message) => log(`warning: ${message}`),
    options.folderOptions ?? defaultFolderOptions,
  );
  const closers: Closer[] = [() => saver.done(), () => watched.close(), async () => runner.close()];
  try {
    if (!runner.useFiles(watched.files, performance.now())) {
      const text = `no configuration can be made from ${folder}, so none is served, and the Envoys keep theirs`;
      throw new ControlPlaneError("MESH_UNUSABLE", text);
    }
    const ports = await listen(options, { pipeline, fleet, runner, changes, metrics }, closers);
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
  readonly changes: Changes;
  readonly metrics: Metrics;
}

type Closer = () => Promise<void>;

/** Opens both ports; what has been opened is added to `closers`, also when the second fails. */
async function listen(
  { address = "127.0.0.1", xdsPort = 15_010, httpPort = 15_014, events }: ControlPlaneOptions,
  { pipeline, fleet, runner, changes, metrics }: Served,
  closers: Closer[],
): Promise<{ address: string; xdsPort: number; httpPort: number }> {
  const ports = { xds: xdsPort, http: httpPort };
  const app = createApp({
    proxies: () => runner.proxies,
    isConnected: (id) => fleet.isConnected(id),
    status: () => runner.status(),
    metrics: () => scrape(metrics, fleet, runner),
    ...inspection(fleet, runner, changes),
    module: (sha256) => runner.modules.bytes.get(sha256),
    bootstrap: (proxy, admin) =>
      pipeline.bootstrap(proxy, {
        xds: { address, port: ports.xds },
        http: { address, port: ports.http },
        admin,
        telemetries: runner.telemetries,
        mesh: runner.mesh,
      }),
  });
  const http = await serveHttp(address, httpPort, app);
  closers.push(() => http.close());
  ports.http = http.port;
  const grpc = await serveGrpc(address, xdsPort, fleet, [
    ...clientStatusMethods(() => clientViews(fleet)),
    loadReportMethod(metrics),
    accessLogMethod(metrics, events, () => performance.now()),
  ]);
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

function partOf(state: unknown, name: string): unknown {
  return typeof state === "object" && state !== null ? Reflect.get(state, name) : undefined;
}
