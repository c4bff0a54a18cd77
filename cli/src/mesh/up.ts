import { existsSync, statSync } from "node:fs";
import { EXIT, Failure, messageOf } from "../failure.ts";
import { countOf, joinWords } from "../output/join-words.ts";
import { shortPath } from "../output/short-path.ts";
import type { Terminal } from "../output/terminal.ts";
import { findPortConflicts, formatPortConflict } from "../ports/preflight.ts";
import type { WantedPort } from "../ports/preflight.ts";
import { pause } from "../process/pause.ts";
import { Processes } from "../process/processes.ts";
import { listenForStop } from "../process/stop-signals.ts";
import { ControlPlaneApi } from "./api.ts";
import { awaitReady } from "./await-ready.ts";
import { Mesh } from "./mesh.ts";
import type { Wanted } from "./mesh.ts";
import { meshPorts, unusedEntries } from "./plan.ts";
import { prepareEnvoy, prepareFilters, prepareXdsTypes } from "./prepare.ts";
import { startControlPlane } from "./start-control-plane.ts";
import { openStateFolder } from "./state-folder.ts";
import type { StateFolder } from "./state-folder.ts";
import { formatSummary } from "./summary.ts";
import { takeOver } from "./take-over.ts";

export interface UpOptions {
  readonly folder: string;
  readonly address: string;
  readonly xdsPort: number;
  readonly httpPort: number;
  readonly adminPort: number;
  readonly container: boolean;
  readonly programs: boolean;
  readonly stateFolder?: string;
}

const FOLLOW_MS = 1_000;

/** Runs a mesh until it is asked to stop; resolves with the exit code, when nothing that it started runs any more. */
export async function up(options: UpOptions, terminal: Terminal): Promise<number> {
  if (!existsSync(options.folder) || !statSync(options.folder).isDirectory()) {
    throw new Failure(
      `${options.folder} is no folder: give the folder with the mesh's YAML, such as examples/bookinfo`,
      EXIT.usage,
    );
  }
  const log = (text: string): void => terminal.line(text);
  log(`\n${terminal.style.strong("sluice up")} ${options.folder}\n`);
  const state = openStateFolder(options.folder, options.stateFolder);
  await takeOver(state.runFile, log);
  const stop = new AbortController();
  const processes = new Processes({ runFile: state.runFile, log });
  listenForStop({
    onStop: (why) => {
      log(`\n${why}: stopping programs, Envoys and the control plane (again to kill them)`);
      stop.abort();
    },
    onHurry: () => {
      processes.killAll();
      process.exit(130);
    },
  });
  try {
    await Promise.race([run(options, terminal, state, processes, stop.signal), aborted(stop.signal)]);
  } finally {
    await processes.stopAll();
  }
  log("Everything is stopped.");
  return EXIT.ok;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function run(
  options: UpOptions,
  terminal: Terminal,
  state: StateFolder,
  processes: Processes,
  stop: AbortSignal,
): Promise<void> {
  const { folder, address, xdsPort, httpPort, adminPort, container, programs } = options;
  await checkPorts([
    { address, port: xdsPort, purpose: "xDS (--xds-port)" },
    { address, port: httpPort, purpose: "the control plane's HTTP API (--http-port)" },
    {
      address: "127.0.0.1",
      port: options.adminPort,
      purpose: "the admin interface of the gateway's Envoy (--admin-port)",
    },
  ]);
  await prepareXdsTypes(terminal);
  await prepareFilters(terminal);
  const envoy = await prepareEnvoy(terminal);
  const api = new ControlPlaneApi(`http://${address}:${httpPort}`);
  await startControlPlane({ folder, address, xdsPort, httpPort, state, processes, api, terminal });
  const log = (text: string): void => terminal.line(text);
  const mesh = new Mesh({ folder, state, api, processes, envoy, container, programs, adminPort, log });
  const wanted = await mesh.wanted();
  await checkPorts(meshPorts(wanted.proxies, wanted.programs));
  await terminal.step("Envoys and programs started", async () => {
    await mesh.apply(wanted);
    return { value: undefined, detail: `${countOf(wanted.proxies, "Envoy")}, ${countOf(wanted.programs, "program")}` };
  });
  sayUnused(wanted, terminal);
  await awaitReady(wanted, api, terminal, stop);
  if (stop.aborted) return;
  const { proxies, procfile } = wanted;
  const paths = { logs: shortPath(state.logs), admins: shortPath(state.adminsFile) };
  const places = { folder, ...paths, apiUrl: api.url, admin: `http://127.0.0.1:${options.adminPort}` };
  for (const line of formatSummary({ proxies, procfile, ...places }, terminal.style)) terminal.line(line);
  await follow(mesh, stop, log);
}

async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  const conflicts = await findPortConflicts(wanted);
  if (conflicts.length === 0) return;
  const list = conflicts.map((conflict) => `  ${formatPortConflict(conflict)}`).join("\n");
  throw new Failure(
    `ports in use:\n${list}\nStop what holds them, or choose other ports (options above, else the YAML).`,
  );
}

function sayUnused({ proxies, procfile }: Wanted, terminal: Terminal): void {
  for (const { line, message } of procfile.problems) terminal.line(`  Procfile:${line}: ${message}`);
  const unused = unusedEntries(proxies, procfile);
  if (unused.length > 0) terminal.line(`  not started, for want of a WorkloadEntry of that name: ${joinWords(unused)}`);
}

/** Keeps Envoys and programs in line with the YAML until the signal. While the control plane is away, nothing changes. */
async function follow(mesh: Mesh, stop: AbortSignal, log: (line: string) => void): Promise<void> {
  while (!stop.aborted) {
    const wanted = await mesh.wanted().catch(() => undefined);
    if (wanted !== undefined && !stop.aborted)
      await mesh.apply(wanted).catch((error: unknown) => log(messageOf(error)));
    await pause(FOLLOW_MS, stop);
  }
}
