import type { ExpectedProxy, StatusReport } from "@sluice/controlplane";
import { fieldsOf } from "../json.ts";

/** An Envoy that should run. */
export type MeshProxy = Omit<ExpectedProxy, "bootstrap" | "connected">;

const TIMEOUT_MS = 5_000;

/** The control plane's HTTP API. Every call rejects where the control plane does not answer, or not with 200. */
export class ControlPlaneApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async healthy(): Promise<boolean> {
    return this.#get("/healthz").then(
      () => true,
      () => false,
    );
  }

  async proxies(): Promise<readonly MeshProxy[]> {
    const list: unknown = JSON.parse(await this.#get("/proxies"));
    if (!isProxyList(list)) throw new Error(`${this.url}/proxies is not the answer of a Sluice control plane`);
    return list;
  }

  /** What each proxy and each object has come to. */
  async status(): Promise<StatusReport> {
    const report: unknown = JSON.parse(await this.#get("/status"));
    if (!isStatusReport(report)) throw new Error(`${this.url}/status is not the answer of a Sluice control plane`);
    return report;
  }

  /** The bootstrap of one Envoy, as the JSON text that it takes; `admin` is where its admin interface is to listen. */
  bootstrap(proxyId: string, admin: { readonly address: string; readonly port: number }): Promise<string> {
    return this.#get(`/bootstrap/${encodeURIComponent(proxyId)}?admin=${admin.address}:${admin.port}`);
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.url}${path} answered ${response.status}: ${text.slice(0, 200)}`);
    return text;
  }
}
// The other side is the same release of Sluice, unless it is something else altogether: the outline is checked, and no more.

function isProxyList(value: unknown): value is readonly MeshProxy[] {
  return Array.isArray(value) && value.every((proxy) => Array.isArray(fieldsOf(proxy)["inbound"]));
}

function isStatusReport(value: unknown): value is StatusReport {
  const fields = fieldsOf(value);
  return ["proxies", "objects", "diagnostics", "unknown"].every((name) => Array.isArray(fields[name]));
}
