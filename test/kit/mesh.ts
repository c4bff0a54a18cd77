import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findEnvoy, startEnvoyContainer, startEnvoyProcess, type AdminClient, type RunningEnvoy } from "@sluice/host";
import { TestChild } from "./child.ts";
import { ControlPlaneUnderTest, type ExpectedProxy } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { call } from "./http.ts";

/** Envoys run in containers unless there is no engine: scripts/test.mjs finds out, and says which it was. */
export const envoyKind = process.env["SLUICE_TEST_ENVOY"] === "process" ? "process" : "container";

const PORTS = { xds: 15110, http: 15114 };

/**
 * A mesh as `sluice up` would run it, from a copy of a folder of Istio YAML: the real control plane in a process of its
 * own, the programs of the Procfile, and one real Envoy for each proxy.
 */
export class MeshUnderTest {
  readonly folder: string;
  readonly controlPlane: ControlPlaneUnderTest;
  readonly #scratch: string;
  readonly #envoys = new Map<string, RunningEnvoy>();
  readonly #programs: TestChild[] = [];
  #gateway = "";

  constructor(source: string) {
    this.#scratch = mkdtempSync(join(tmpdir(), "sluice-test-"));
    this.folder = join(this.#scratch, "mesh");
    cpSync(source, this.folder, { recursive: true });
    this.controlPlane = new ControlPlaneUnderTest(this.folder, join(this.#scratch, "state.json"), PORTS);
  }

  async start(): Promise<void> {
    await this.controlPlane.start();
    const proxies = await this.controlPlane.proxies();
    await Promise.all(proxies.map((proxy) => this.startEnvoy(proxy)));
    this.#startPrograms(proxies);
    await this.controlPlane.synced();
    const port = proxies.find(({ kind }) => kind === "gateway")?.gatewayPorts[0];
    this.#gateway = `http://127.0.0.1:${port}`;
    await eventually("the mesh answers", async () => (await call(this.url("/productpage"))).status === 200, 15_000);
  }

  async startEnvoy(proxy: ExpectedProxy): Promise<void> {
    const envoy = await findEnvoy({ log: () => {} });
    if (envoy.kind === "problem") throw new Error(envoy.message);
    const config = JSON.parse(await this.controlPlane.get(`/bootstrap/${proxy.id}`)) as object;
    const options = { name: proxy.id, config, logFile: this.logFile(proxy.id), ready: false } as const;
    const running =
      envoyKind === "process" && envoy.kind === "binary"
        ? await startEnvoyProcess({ ...options, binary: envoy.path })
        : await startEnvoyContainer({ ...options, envoy });
    this.#envoys.set(proxy.id, running);
  }

  #startPrograms(proxies: readonly ExpectedProxy[]): void {
    for (const line of readFileSync(join(this.folder, "Procfile"), "utf8").split("\n")) {
      const [, name, command] = /^([\w-]+): (.+)$/.exec(line) ?? [];
      const proxy = proxies.find(({ id }) => id.split(".")[0] === name);
      if (command === undefined || proxy === undefined) continue;
      const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
      const env = {
        ...process.env,
        PATH: path,
        PORT: String(proxy.inbound[0]?.appPort),
        HTTP_PROXY: `http://127.0.0.1:${proxy.outbound?.port}`,
      };
      this.#programs.push(new TestChild("/bin/sh", ["-c", `exec ${command}`], { cwd: this.folder, env }));
    }
  }

  /** A URL at the ingress gateway. */
  url(path: string): string {
    return `${this.#gateway}${path}`;
  }

  admin(proxy: string): AdminClient {
    const envoy = this.#envoys.get(proxy);
    if (envoy === undefined) throw new Error(`no Envoy of this mesh is called ${proxy}`);
    return envoy.admin;
  }

  logFile(proxy: string): string {
    return join(this.#scratch, `${proxy}.log`);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  /** Saves a file of the mesh, as an editor would. */
  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Changes a file by a replacement that must fit. */
  edit(file: string, from: string, to: string): void {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} does not hold: ${from}`);
    this.write(file, text.replace(from, to));
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.#envoys.values()].map((envoy) => envoy.stop()));
    await Promise.allSettled(this.#programs.map((program) => program.end("SIGKILL")));
    await this.controlPlane.stop();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** The sample mesh of examples/bookinfo. */
export function bookinfo(): MeshUnderTest {
  return new MeshUnderTest(join(import.meta.dirname, "..", "..", "examples", "bookinfo"));
}
