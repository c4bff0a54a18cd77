import type {
  Asker,
  ConnectionExplanation,
  ConnectionQuestion,
  ExpectedProxy,
  Explanation,
  Question,
  ResourceDifference,
  ResourceView,
  StatusReport,
  WaitResult,
} from "@sluice/controlplane";
import { fieldsOf } from "../json.ts";

/** An Envoy that should run. */
export type MeshProxy = Omit<ExpectedProxy, "bootstrap" | "connected">;

const TIMEOUT_MS = 5_000;
/** For what is made on demand, and may be many megabytes. */
const LARGE_TIMEOUT_MS = 60_000;

/** The control plane answers, and the mesh has no proxy of this name. */
export class NoSuchProxy extends Error {
  override readonly name = "NoSuchProxy";

  constructor(proxyId: string) {
    super(`the mesh has no proxy ${proxyId}`);
  }
}

/** The control plane says what is wrong with what it was asked. */
export class Refused extends Error {
  override readonly name = "Refused";
}

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

  /** What a proxy has come to, resource by resource. Rejects with a NoSuchProxy if the mesh does not have it. */
  async resources(proxyId: string, type?: string): Promise<readonly ResourceView[]> {
    const query = type === undefined ? "" : `?type=${type}`;
    const list: unknown = JSON.parse(await this.#of(proxyId, `/resources${query}`));
    if (!isResources(list)) throw new Error(`${this.url} is no Sluice control plane`);
    return list;
  }

  /** What a proxy should run beside what its own /config_dump says. */
  async compare(proxyId: string, dump: string): Promise<readonly ResourceDifference[]> {
    const list: unknown = JSON.parse(await this.#of(proxyId, "/compare", dump));
    if (!isDifferences(list)) throw new Error(`${this.url} is no Sluice control plane`);
    return list;
  }

  /** What the running mesh does with a request. Rejects with a Refused where the question is no good. */
  async explain({ method, url, headers, ...asker }: Question): Promise<Explanation> {
    const query = queryOf({ method, url: url.href }, asker);
    for (const [name, value] of headers) query.append("header", `${name}: ${value}`);
    const explanation = await this.#explain("/explain", query);
    if (!isExplanation(explanation)) throw new Error(`${this.url} is no Sluice control plane`);
    return explanation;
  }

  /** The same of a connection that is not looked into. */
  async explainConnection({ host, port, sni, ...asker }: ConnectionQuestion): Promise<ConnectionExplanation> {
    const query = queryOf({ host, port: String(port), ...(sni === undefined ? {} : { sni }) }, asker);
    const explanation = await this.#explain("/explain/connection", query);
    if (!isConnectionExplanation(explanation)) throw new Error(`${this.url} is no Sluice control plane`);
    return explanation;
  }

  async #explain(path: string, query: URLSearchParams): Promise<unknown> {
    const response = await fetch(`${this.url}${path}?${query.toString()}`, {
      signal: AbortSignal.timeout(LARGE_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 400) throw new Refused(text.trim());
    return response.ok ? JSON.parse(text) : undefined;
  }

  /** Waits in the control plane; `filter` names an object, or nothing for all proxies. */
  async wait(filter: Readonly<Record<string, string>>, seconds: number): Promise<WaitResult> {
    const query = new URLSearchParams({ ...filter, timeout: String(seconds) });
    const result: unknown = JSON.parse(await this.#get(`/wait?${query.toString()}`, seconds * 1_000));
    if (!isWaitResult(result)) throw new Error(`${this.url} is no Sluice control plane`);
    return result;
  }

  async #of(proxyId: string, path: string, body?: string): Promise<string> {
    const response = await fetch(`${this.url}/proxies/${encodeURIComponent(proxyId)}${path}`, {
      signal: AbortSignal.timeout(LARGE_TIMEOUT_MS),
      ...(body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body }),
    });
    const text = await response.text();
    if (response.status === 404) throw new NoSuchProxy(proxyId);
    if (!response.ok) throw new Error(`${this.url} answered ${response.status}: ${text.slice(0, 200)}`);
    return text;
  }

  async #get(path: string, waitMs = 0): Promise<string> {
    const response = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS + waitMs) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.url}${path} answered ${response.status}: ${text.slice(0, 200)}`);
    return text;
  }
}

function queryOf(own: Record<string, string>, { from, gateway, principal, sourceIp }: Asker): URLSearchParams {
  const asker = { from, gateway, principal, "source-ip": sourceIp };
  const given = Object.entries(asker).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return new URLSearchParams({ ...own, ...Object.fromEntries(given) });
}

// The other side is the same release of Sluice, unless it is something else altogether: the outline is checked, and no more.

function isProxyList(value: unknown): value is readonly MeshProxy[] {
  return Array.isArray(value) && value.every((proxy) => Array.isArray(fieldsOf(proxy)["inbound"]));
}

function isStatusReport(value: unknown): value is StatusReport {
  const fields = fieldsOf(value);
  return ["proxies", "objects", "diagnostics", "unknown"].every((name) => Array.isArray(fields[name]));
}

function isResources(value: unknown): value is readonly ResourceView[] {
  return isListWith("type", value);
}

function isDifferences(value: unknown): value is readonly ResourceDifference[] {
  return isListWith("state", value);
}

function isListWith(field: string, value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => field in fieldsOf(item));
}

function isWaitResult(value: unknown): value is WaitResult {
  const { result, pending } = fieldsOf(value);
  return typeof result === "string" && Array.isArray(pending);
}

function isExplanation(value: unknown): value is Explanation {
  const { outcome, attempts } = fieldsOf(value);
  return Array.isArray(attempts) && typeof fieldsOf(outcome)["kind"] === "string";
}

function isConnectionExplanation(value: unknown): value is ConnectionExplanation {
  return "connection" in fieldsOf(value) && Array.isArray(fieldsOf(value)["chains"]);
}
