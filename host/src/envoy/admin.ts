import { request } from "node:http";
import { HostError, messageOf } from "../error.ts";
import { type AdminCluster, type AdminListener, parseClusters, parseListeners } from "./admin-json.ts";
import { parsePrometheus, parseStats, type Sample } from "./stats-text.ts";

/** Envoy's log levels, from its `/logging` handler. */
export type EnvoyLogLevel = "trace" | "debug" | "info" | "warning" | "error" | "critical" | "off";

/** What `/ready` says: LIVE, PRE_INITIALIZING, INITIALIZING or DRAINING. */
export interface Readiness {
  readonly ready: boolean;
  readonly state: string;
}

const TIMEOUT_MS = 5_000;

/**
 * A client of one Envoy's admin interface. Every call is one request on a connection of its own, so that a client keeps
 * nothing open; each rejects with HostError `envoy_admin` when Envoy does not answer with 200.
 */
export class AdminClient {
  readonly address: string;
  readonly port: number;

  constructor(address: string, port: number) {
    this.address = address;
    this.port = port;
  }

  /** Such as `http://127.0.0.1:15000`, for people. */
  get url(): string {
    return `http://${this.address.includes(":") ? `[${this.address}]` : this.address}:${this.port}`;
  }

  /** Whether the server takes traffic. An answer of 503 is not an error here. */
  async ready(): Promise<Readiness> {
    const answer = await this.#send("GET", "/ready");
    return { ready: answer.status === 200, state: answer.body.trim() };
  }

  /** Counters and gauges by name. @param filter a regular expression (RE2) over the names */
  async stats(filter?: string): Promise<Map<string, number>> {
    return parseStats(await this.get(`/stats${query({ filter })}`));
  }

  /**
   * Samples of `/stats/prometheus`. With a name, those of that metric: for a histogram its `_bucket`, `_sum` and `_count`.
   */
  async prometheus(name?: string): Promise<Sample[]> {
    const samples = parsePrometheus(await this.get("/stats/prometheus"));
    if (name === undefined) return samples;
    const names = new Set([name, `${name}_bucket`, `${name}_sum`, `${name}_count`]);
    return samples.filter((sample) => names.has(sample.name));
  }

  /** The configuration in use (envoy.admin.v3.ConfigDump as JSON), with endpoints. */
  async configDump(options: { resource?: string; nameRegex?: string } = {}): Promise<unknown> {
    const wanted = query({ resource: options.resource, name_regex: options.nameRegex });
    return await this.#json(`/config_dump${wanted === "" ? "?include_eds" : wanted}`);
  }

  /** The listeners that are active; one that still warms is not among them. */
  async listeners(): Promise<AdminListener[]> {
    return parseListeners(await this.#json("/listeners?format=json"));
  }

  /** The clusters that are warmed, with their endpoints. */
  async clusters(): Promise<AdminCluster[]> {
    return parseClusters(await this.#json("/clusters?format=json"));
  }

  /** Changes the level of every logger, or of one such as `wasm`. */
  async setLogLevel(level: EnvoyLogLevel, logger?: string): Promise<void> {
    await this.post(`/logging${query(logger === undefined ? { level } : { paths: `${logger}:${level}` })}`);
  }

  /** Closes the listeners, by default gracefully: requests under way are finished first. */
  async drain(options: { graceful?: boolean } = {}): Promise<void> {
    await this.post(`/drain_listeners${(options.graceful ?? true) ? "?graceful" : ""}`);
  }

  /** Sets every counter to 0. */
  async resetCounters(): Promise<void> {
    await this.post("/reset_counters");
  }

  /** Any GET of the admin interface; the body of its answer. */
  async get(path: string): Promise<string> {
    return await this.#ok("GET", path);
  }

  /** Any POST of the admin interface; the body of its answer. */
  async post(path: string): Promise<string> {
    return await this.#ok("POST", path);
  }

  async #json(path: string): Promise<unknown> {
    const body = await this.get(path);
    try {
      return JSON.parse(body);
    } catch (error) {
      throw new HostError("envoy_admin", `${this.url}${path} answered with no JSON: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  async #ok(method: string, path: string): Promise<string> {
    const answer = await this.#send(method, path);
    if (answer.status === 200) return answer.body;
    throw new HostError(
      "envoy_admin",
      `${this.url}${path} answered ${answer.status}: ${answer.body.trim().slice(0, 300)}`,
    );
  }

  async #send(method: string, path: string): Promise<{ status: number; body: string }> {
    return await new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(new HostError("envoy_admin", `no answer from ${this.url}${path}: ${error.message}`, { cause: error }));
      const options = { host: this.address, port: this.port, method, path, agent: false, timeout: TIMEOUT_MS };
      const outgoing = request(options, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", fail);
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`nothing within ${TIMEOUT_MS} ms`)));
      outgoing.on("error", fail);
      outgoing.end();
    });
  }
}

function query(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** Where an admin interface listens. */
export interface AdminAddress {
  readonly address: string;
  readonly port: number;
}

/** `HOST:PORT` as Envoy writes it to the file of `--admin-address-path`; undefined for a file not yet complete. */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text.trim());
  return match?.[1] === undefined ? undefined : { address: match[1], port: Number(match[2]) };
}
