import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EnvoyBinary, EnvoyImage } from "@sluice/host";
import { parseProcfile } from "../procfile.ts";
import type { Procfile } from "../procfile.ts";
import { pause } from "../process/pause.ts";
import type { Kind, Processes } from "../process/processes.ts";
import type { ControlPlaneApi, MeshProxy } from "./api.ts";
import { launchEnvoy, launchProgram } from "./launch.ts";
import { planChanges, planPrograms } from "./plan.ts";
import type { Fingerprints, ProgramTask } from "./plan.ts";
import type { StateFolder } from "./state-folder.ts";
import { knownProxy } from "./summary.ts";

/** Longer than most requests take, and short enough to go unnoticed by who waits for it. */
const LINGER_MS = 2_000;

export interface MeshOptions {
  readonly folder: string;
  readonly state: StateFolder;
  readonly api: ControlPlaneApi;
  readonly processes: Processes;
  readonly envoy: EnvoyBinary | EnvoyImage;
  readonly container: boolean;
  readonly programs: boolean;
  /** Of the first gateway's admin interface; the other Envoys take free ports. */
  readonly adminPort: number;
  readonly log: (line: string) => void;
}

/** What should run at one moment. */
export interface Wanted {
  readonly proxies: readonly MeshProxy[];
  readonly programs: readonly ProgramTask[];
  readonly procfile: Procfile;
}

/** The Envoys and programs of one mesh, brought in line with what the control plane and the Procfile say. */
export class Mesh {
  readonly #options: MeshOptions;
  readonly #envoys = new Map<string, string>();
  readonly #programs = new Map<string, string>();
  readonly #bootstraps = new Map<string, string>();
  readonly #admins = new Map<string, string>();
  #known: string | undefined;

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  /** What should run now. Rejects where the control plane does not answer. */
  async wanted(): Promise<Wanted> {
    const { api, folder, programs } = this.#options;
    const text = programs ? await readFile(join(folder, "Procfile"), "utf8").catch(() => "") : "";
    const procfile = parseProcfile(text);
    const proxies = await api.proxies();
    // One well-known port is worth more than many: it stays with the first proxy that had it.
    this.#known ??= knownProxy(proxies)?.id;
    return { proxies, procfile, programs: planPrograms(proxies, procfile) };
  }

  /** Stops what should not run any more, starts what should, and leaves alone what runs as it should. */
  async apply(wanted: Wanted): Promise<void> {
    // All that can change of an Envoy comes to it over xDS: its name is enough to know it by.
    const envoys = new Map(wanted.proxies.map(({ id }) => [id, id]));
    const programs = new Map(wanted.programs.map((program) => [program.name, JSON.stringify(program)]));
    const changes = { envoy: planChanges(this.#envoys, envoys), program: planChanges(this.#programs, programs) };
    // What has left the mesh may still be busy with requests from before its peers heard of that.
    if (changes.envoy.stop.length + changes.program.stop.length > 0) await pause(LINGER_MS);
    await this.#stop("program", changes.program.stop, this.#programs, programs);
    await this.#stop("envoy", changes.envoy.stop, this.#envoys, envoys);
    for (const name of changes.envoy.start) this.#startEnvoy(name);
    for (const name of changes.program.start) this.#startProgram(name, wanted);
    for (const [name, text] of envoys) this.#envoys.set(name, text);
    for (const [name, text] of programs) this.#programs.set(name, text);
  }

  async #stop(kind: Kind, names: readonly string[], running: Map<string, string>, wanted: Fingerprints): Promise<void> {
    for (const name of names) running.delete(name);
    await Promise.all(names.map((name) => this.#options.processes.stop(kind, name)));
    for (const name of names) {
      const why = wanted.has(name) ? "is started anew, as it is to run now" : "is stopped: the mesh no longer has it";
      this.#options.log(`${kind} ${name} ${why}`);
    }
  }

  #startEnvoy(name: string): void {
    const { processes, state, envoy, container, log } = this.#options;
    const logFile = state.logFile(`envoy-${name}`);
    const onAdmin = (url: string): void => {
      this.#admins.set(name, url);
      state.writeAdmins(Object.fromEntries(this.#admins));
    };
    const launch = async () => {
      const bootstrap = await this.#bootstrap(name);
      return launchEnvoy({ name, bootstrap, envoy, container, logFile, log, onAdmin });
    };
    processes.start({ kind: "envoy", name, logFile, launch });
  }

  /** The newest bootstrap of an Envoy; while the control plane is away, the one that it had before. */
  async #bootstrap(name: string): Promise<string> {
    const admin = { address: "127.0.0.1", port: name === this.#known ? this.#options.adminPort : 0 };
    try {
      const text = await this.#options.api.bootstrap(name, admin);
      this.#bootstraps.set(name, text);
      return text;
    } catch (error) {
      const before = this.#bootstraps.get(name);
      if (before === undefined) throw error;
      return before;
    }
  }

  #startProgram(name: string, { programs }: Wanted): void {
    const { processes, state, folder } = this.#options;
    const program = programs.find((candidate) => candidate.name === name);
    if (program === undefined) return;
    const logFile = state.logFile(`program-${name}`);
    const launch = () => Promise.resolve(launchProgram(program, folder, logFile));
    processes.start({ kind: "program", name, logFile, launch });
  }
}
