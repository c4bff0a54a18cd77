import { createWriteStream, mkdirSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError, messageOf } from "../error.ts";
import { AdminClient } from "./admin.ts";
import { awaitAdminAddress, type Watched } from "./await-ready.ts";
import { envoyArgs, withAdmin } from "./command-line.ts";
import type { EnvoyBinary, EnvoyImage } from "./found.ts";
import { guard } from "./guardian.ts";
import { imageOfBinary } from "./image.ts";
import { EnvoyBase } from "./envoy-base.ts";
import { ownedFolder } from "./owned-folder.ts";
import type { EnvoyExit, RunningEnvoy, StartOptions } from "./running.ts";
import { loadTestcontainers } from "./testcontainers.ts";
import { ENVOY_IMAGE } from "./version.ts";

/** A start in a container: of a binary, from an image made of it, or of an image as it is. */
export type ContainerOptions = StartOptions & {
  readonly envoy: EnvoyBinary | EnvoyImage;
  /** Folders of this machine that Envoy reads files from, absolute; the container sees them under the same paths. */
  readonly mounts?: readonly string[];
  readonly log?: (line: string) => void;
};

const GRACE_MS = 3_000;
/** The folder of this machine that the container sees: its bootstrap is in it, and Envoy writes its admin address there. */
const MOUNT = "/sluice";

/**
 * Starts an Envoy in a container on the host's network by testcontainers and waits as `ready` says. Rejects with HostError
 * `envoy_start` or `engine`; no container is left then. With Docker Desktop, "Enable host networking" must be switched on.
 */
export async function startEnvoyContainer(options: ContainerOptions): Promise<RunningEnvoy> {
  const { envoy } = options;
  const image = await imageOf(envoy, options.log ?? (() => {}));
  const folder = await ownedFolder("sluice-envoy-");
  try {
    return await startFrom(image, folder, options);
  } finally {
    // Envoy reads its bootstrap and writes its admin address once; the mount holds on to what it needs.
    await rm(folder, { recursive: true, force: true });
  }
}

async function imageOf(envoy: EnvoyBinary | EnvoyImage, log: (line: string) => void): Promise<string> {
  if (envoy.kind === "image") return envoy.image;
  // Containers are Linux everywhere, so a binary of another system has to be left aside.
  return process.platform === "linux" ? await imageOfBinary(envoy.path, log) : ENVOY_IMAGE;
}

async function startFrom(image: string, folder: string, options: ContainerOptions): Promise<RunningEnvoy> {
  await writeFile(join(folder, "bootstrap.json"), JSON.stringify(withAdmin(options.config)));
  // The official image runs as a user of its own, who must be able to write the admin address here.
  await chmod(folder, 0o777);
  const container = await createContainer(image, folder, options);
  const exited = exitOf(container);
  const watched: Watched = { name: options.name ?? "envoy", logFile: options.logFile, exited };
  try {
    const { address, port } = await awaitAdminAddress(watched, join(folder, "admin-address"));
    const pid = (await container.inspect()).State.Pid;
    const running = new EnvoyContainer(container, new AdminClient(address, port), watched, pid);
    if (options.ready !== false) await running.waitUntilReady(options.ready);
    return running;
  } catch (error) {
    await remove(container);
    await exited;
    throw error;
  }
}

type Testcontainers = Awaited<ReturnType<typeof loadTestcontainers>>;
type Engine = Awaited<ReturnType<Testcontainers["getContainerRuntimeClient"]>>["container"];
/** A container as the engine's API client knows it; testcontainers' own type offers no wait and no signals. */
type Container = ReturnType<Engine["getById"]>;

async function createContainer(image: string, folder: string, options: ContainerOptions): Promise<Container> {
  const { GenericContainer, getContainerRuntimeClient } = await loadTestcontainers();
  mkdirSync(dirname(options.logFile), { recursive: true });
  const logFile = createWriteStream(options.logFile);
  try {
    const started = await new GenericContainer(image)
      .withNetworkMode("host")
      .withEnvironment({ ...options.env })
      .withBindMounts([
        { source: folder, target: MOUNT, mode: "rw" },
        ...(options.mounts ?? []).map((path) => ({ source: path, target: path, mode: "ro" as const })),
      ])
      .withCommand(envoyArgs(options, `${MOUNT}/bootstrap.json`, `${MOUNT}/admin-address`))
      .withLabels({ "sluice.envoy": options.name ?? "envoy" })
      .withLogConsumer((stream) => stream.pipe(logFile))
      .start();
    return (await getContainerRuntimeClient()).container.getById(started.getId());
  } catch (error) {
    logFile.end();
    throw new HostError("engine", `cannot start a container of ${image}: ${messageOf(error)}`, { cause: error });
  }
}

class EnvoyContainer extends EnvoyBase {
  readonly kind = "container";
  readonly #container: Container;

  constructor(container: Container, admin: AdminClient, watched: Watched, pid: number) {
    super(admin, watched, pid > 0 ? pid : undefined);
    this.#container = container;
  }

  async stop(options: { graceMs?: number } = {}): Promise<void> {
    const seconds = Math.ceil((options.graceMs ?? GRACE_MS) / 1000);
    // Rejects when it has stopped already.
    await this.#container.stop({ t: seconds }).catch(() => {});
    await this.exited;
  }

  async kill(): Promise<void> {
    await remove(this.#container);
    await this.exited;
  }

  protected identity(): string {
    return `container ${this.#container.id.slice(0, 12)}`;
  }
}

const REMOVE_TRIES = 10;
const REMOVE_EVERY_MS = 200;

/** Kills it if it runs, and waits until it is gone: under load an engine refuses a removal that works a moment later. */
async function remove(container: Container): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries++) {
    await container.remove({ force: true, v: true }).catch(() => {});
    const gone = await container.inspect().then(
      () => false,
      () => true,
    );
    if (gone) return;
    await sleep(REMOVE_EVERY_MS);
  }
}

/** A container that has ended, for whatever reason, is removed: its log is in the file. */
async function exitOf(container: Container): Promise<EnvoyExit> {
  const release = guard("container", container.id);
  // A container removed while it runs ends the wait with an error or with 137, as the engine likes.
  const code = await container.wait().then(statusOf, () => undefined);
  await remove(container);
  release();
  return code === undefined || code === 137 ? { code: undefined, signal: "SIGKILL" } : { code, signal: undefined };
}

function statusOf(answer: unknown): number | undefined {
  if (typeof answer !== "object" || answer === null || !("StatusCode" in answer)) return undefined;
  return typeof answer.StatusCode === "number" ? answer.StatusCode : undefined;
}
