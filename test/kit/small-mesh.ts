import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Server as SocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy, startEnvoyProcess, type RunningEnvoy } from "@sluice/host";
import { admit } from "../../controlplane/src/model/admit.ts";
import { formatDiagnostic } from "../../controlplane/src/model/format-diagnostic.ts";
import type { Mesh } from "../../controlplane/src/model/types.ts";
import { composeControlPlane, type ControlPlane } from "../../controlplane/src/server/control-plane.ts";
import type { ProxyResources } from "../../controlplane/src/snapshot/types.ts";
import type { StatusReport } from "../../controlplane/src/status/types.ts";
import { bootstrap, translate } from "../../controlplane/src/translate/index.ts";
import type { TranslateOptions } from "../../controlplane/src/translate/index.ts";
import type { ExpectedProxy } from "./control-plane.ts";
import { eventually } from "./eventually.ts";

export interface SmallMeshOptions {
  /** The mesh's YAML by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** What tests put into the mesh, or into translation, beyond its files. */
  readonly adjust?: (mesh: Mesh) => Mesh;
  readonly translateOptions?: Partial<TranslateOptions>;
  readonly extend?: (resources: readonly ProxyResources[], mesh: Mesh, options: TranslateOptions) => ProxyResources[];
}

/** A control plane within the test and an Envoy for each of its proxies: all ports but those of the YAML are free ones. */
export class SmallMesh {
  readonly lines: string[] = [];
  readonly #options: SmallMeshOptions;
  readonly #scratch = mkdtempSync(join(tmpdir(), "sluice-test-"));
  readonly #envoys: RunningEnvoy[] = [];
  #controlPlane: ControlPlane | undefined;

  constructor(options: SmallMeshOptions) {
    this.#options = options;
  }

  /** Undefined where this machine has no Envoy as a binary; with CI=true that is an error. */
  static async start(options: SmallMeshOptions): Promise<SmallMesh | undefined> {
    const found = await findEnvoy({ log: () => {} });
    if (found.kind !== "binary") {
      if (process.env["CI"] === "true") throw new Error("no Envoy to test with");
      return undefined;
    }
    const mesh = new SmallMesh(options);
    try {
      await mesh.#start(found.path);
    } catch (error) {
      await mesh.stop();
      throw error;
    }
    return mesh;
  }

  async #start(binary: string): Promise<void> {
    const { files, adjust = (mesh) => mesh, translateOptions, extend } = this.#options;
    mkdirSync(join(this.#scratch, "mesh"));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    const controlPlane = await composeControlPlane(
      {
        folder: join(this.#scratch, "mesh"),
        stateFile: join(this.#scratch, "state.json"),
        modulesFolder: join(import.meta.dirname, "../../.build/filters"),
        xdsPort: 0,
        httpPort: 0,
        log: (line) => this.lines.push(line),
        folderOptions: { quietMs: 20, maxMs: 200, recheckMs: 100 },
      },
      {
        admit: (sources, lastGood) => {
          const admission = admit(sources, lastGood);
          return { ...admission, mesh: adjust(admission.mesh) };
        },
        translate: (mesh, options) => {
          const all = { ...options, ...translateOptions };
          const resources = translate(mesh, all);
          return extend === undefined ? resources : extend(resources, mesh, all);
        },
        bootstrap,
        formatDiagnostic,
      },
    );
    this.#controlPlane = controlPlane;
    for (const { id } of controlPlane.status().proxies) {
      const answer = await fetch(`http://127.0.0.1:${controlPlane.httpPort}/bootstrap/${id}`);
      const config = (await answer.json()) as object; // The control plane's own JSON.
      const logFile = join(this.#scratch, `${id}.log`);
      this.#envoys.push(await startEnvoyProcess({ name: id, binary, config, logFile, ready: false }));
    }
    await this.synced();
  }

  envoy(id: string): RunningEnvoy {
    const found = this.#envoys.find(({ name }) => name === id);
    if (found === undefined) throw new Error(`no proxy ${id}`);
    return found;
  }

  /** Saves a file of the mesh; `change` gives what must be in the log afterwards. */
  write(name: string, text: string): void {
    writeFileSync(join(this.#scratch, "mesh", name), text);
  }

  /** Saves a file, and waits until every proxy has taken it over. */
  async apply(name: string, text: string): Promise<void> {
    const before = this.lines.length;
    this.write(name, text);
    await eventually(
      "the change is seen",
      () => this.lines.slice(before).some((line) => line.startsWith("applied: ")) || undefined,
    );
    await this.synced();
  }

  /** A URL at a sidecar, as its peers reach it. */
  async sidecarUrl(id: string, path: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.#controlPlane?.httpPort}/proxies`);
    const proxies = (await answer.json()) as readonly ExpectedProxy[]; // The control plane's own JSON.
    const proxy = proxies.find((one) => one.id === id);
    return `http://${proxy?.address}:${proxy?.inbound[0]?.listenPort}${path}`;
  }

  status(): StatusReport | undefined {
    return this.#controlPlane?.status();
  }

  async synced(): Promise<void> {
    await eventually(
      "every proxy is SYNCED",
      () => {
        const late = (this.#controlPlane?.status().proxies ?? []).filter(({ state }) => state !== "SYNCED");
        if (late.length > 0) throw new Error(JSON.stringify(late));
        return true;
      },
      30_000,
    );
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#envoys.map((envoy) => envoy.stop()));
    await this.#controlPlane?.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** A server on loopback, at a free port. */
export async function listening<S extends SocketServer>(server: S, address = "127.0.0.1"): Promise<S> {
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, address, resolve);
  });
  return server;
}

export function portOf(server: SocketServer): number {
  return (server.address() as AddressInfo).port; // It listens on TCP.
}

/** A port that was free a moment ago, for what has to be told one. */
export async function freePort(address: string): Promise<number> {
  const server = await listening(createServer(), address);
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A program that answers with the headers that it got, as JSON. */
export function echo(address?: string): Promise<Server> {
  return listening(createServer(answerWithHeaders), address);
}

const answerWithHeaders: RequestListener = ({ url, headers }: IncomingMessage, answer: ServerResponse) => {
  answer.end(JSON.stringify({ url, headers }));
};
