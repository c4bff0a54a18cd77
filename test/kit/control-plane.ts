import { join } from "node:path";
import type { StatusReport } from "@sluice/controlplane";
import { TestChild } from "./child.ts";
import { eventually } from "./eventually.ts";

const main = join(import.meta.dirname, "..", "..", "cli", "src", "main.ts");

/** An Envoy that should run, as GET /proxies tells. */
export interface ExpectedProxy {
  readonly id: string;
  readonly kind: "sidecar" | "gateway";
  readonly address: string;
  readonly outbound?: { readonly address: string; readonly port: number };
  readonly inbound: readonly { readonly name: string; readonly appPort: number; readonly listenPort: number }[];
  readonly gatewayPorts: readonly number[];
}

/** The control plane as users run it, a process of its own that a test can kill and start again. */
export class ControlPlaneUnderTest {
  readonly #folder: string;
  readonly #state: string;
  readonly #ports: { readonly xds: number; readonly http: number };
  #child: TestChild | undefined;

  constructor(folder: string, state: string, ports: { readonly xds: number; readonly http: number }) {
    this.#folder = folder;
    this.#state = state;
    this.#ports = ports;
  }

  async start(): Promise<void> {
    const ports = [`--xds-port=${this.#ports.xds}`, `--http-port=${this.#ports.http}`];
    this.#child = new TestChild(process.execPath, [
      main,
      "controlplane",
      this.#folder,
      `--state-file=${this.#state}`,
      ...ports,
    ]);
    await eventually("the control plane answers", async () => (await this.get("/healthz")) !== undefined, 60_000).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${this.output()}`);
      },
    );
  }

  /** kill -9: what a crash does. */
  async kill(): Promise<void> {
    await this.#child?.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#child?.end();
  }

  output(): string {
    return this.#child?.output ?? "";
  }

  async get(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#ports.http}${path}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return await response.text();
  }

  async status(): Promise<StatusReport> {
    return JSON.parse(await this.get("/status")) as StatusReport;
  }

  async proxies(): Promise<readonly ExpectedProxy[]> {
    return JSON.parse(await this.get("/proxies")) as readonly ExpectedProxy[];
  }

  /** Waits until every proxy has acknowledged all that it should run. */
  async synced(timeoutMs = 30_000): Promise<void> {
    await eventually(
      "every proxy is SYNCED",
      async () => {
        const { proxies } = await this.status();
        const late = proxies.filter(({ state }) => state !== "SYNCED");
        if (late.length > 0) throw new Error(JSON.stringify(late));
        return proxies.length > 0;
      },
      timeoutMs,
    );
  }
}
