/** A listener that is active: it has all of its configuration and accepts connections. */
export interface AdminListener {
  readonly name: string;
  readonly address: string;
  /** 0 for a listener without a port of its own (a pipe or an internal listener). */
  readonly port: number;
}

/** A cluster and the endpoints it knows now. */
export interface AdminCluster {
  readonly name: string;
  readonly addedViaApi: boolean;
  readonly hosts: readonly AdminHost[];
}

/** One endpoint. `stats` holds Envoy's counters and gauges of it, such as `rq_total`. */
export interface AdminHost {
  readonly address: string;
  readonly port: number;
  /** As EDS said: HEALTHY, UNHEALTHY, … */
  readonly health: string;
  readonly stats: Readonly<Record<string, number>>;
}

type Json = Readonly<Record<string, unknown>>;

/** `/listeners?format=json` (envoy.admin.v3.Listeners). Unknown shapes give fewer entries, never an error. */
export function parseListeners(json: unknown): AdminListener[] {
  return list(json, "listener_statuses").map((status) => ({
    name: text(status["name"]),
    ...socketAddress(status["local_address"]),
  }));
}

/** `/clusters?format=json` (envoy.admin.v3.Clusters). */
export function parseClusters(json: unknown): AdminCluster[] {
  return list(json, "cluster_statuses").map((status) => ({
    name: text(status["name"]),
    addedViaApi: status["added_via_api"] === true,
    hosts: list(status, "host_statuses").map(parseHost),
  }));
}

function parseHost(host: Json): AdminHost {
  const stats = list(host, "stats").map((stat): [string, number] => [text(stat["name"]), Number(stat["value"] ?? 0)]);
  return {
    ...socketAddress(host["address"]),
    health: text(object(host["health_status"])["eds_health_status"]),
    stats: Object.fromEntries(stats),
  };
}

function socketAddress(address: unknown): { address: string; port: number } {
  const socket = object(object(address)["socket_address"]);
  return { address: text(socket["address"]), port: Number(socket["port_value"] ?? 0) };
}

function list(json: unknown, key: string): Json[] {
  const value = object(json)[key];
  return Array.isArray(value) ? value.map(object) : [];
}

function object(json: unknown): Json {
  return isObject(json) ? json : {};
}

function isObject(json: unknown): json is Json {
  return typeof json === "object" && json !== null;
}

function text(json: unknown): string {
  return typeof json === "string" ? json : "";
}
