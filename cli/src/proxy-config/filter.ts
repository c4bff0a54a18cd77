import type { ProxyResource } from "./read.ts";

/** What the user wants to see; a filter that does not fit a type leaves nothing of it. */
export interface ResourceFilter {
  readonly name?: string;
  readonly port?: number;
  readonly fqdn?: string;
  readonly subset?: string;
  readonly direction?: string;
}

export function isWanted({ name, type, config }: ProxyResource, filter: ResourceFilter): boolean {
  const [direction, port, subset, host] = name.split("|");
  const isCluster = type === "cluster" || type === "endpoint";
  return (
    (filter.name === undefined || name === filter.name) &&
    (filter.port === undefined || (isCluster ? port === String(filter.port) : mentions(config, filter.port))) &&
    (filter.fqdn === undefined || (isCluster ? isHost(host ?? name, filter.fqdn) : mentions(config, filter.fqdn))) &&
    (filter.subset === undefined || (isCluster && subset === filter.subset)) &&
    (filter.direction === undefined || (isCluster ? direction === filter.direction : name.startsWith(filter.direction)))
  );
}

/** A short name, or the beginning of a whole one. */
function isHost(host: string, wanted: string): boolean {
  return host === wanted || host.startsWith(`${wanted}.`);
}

/** Whether a listener's address, or a domain of a route configuration, is the one. */
function mentions(config: ProxyResource["config"], wanted: string | number): boolean {
  const text = JSON.stringify(config ?? "");
  return typeof wanted === "number"
    ? text.includes(`"port_value":${wanted}`) || text.includes(`:${wanted}"`)
    : text.includes(wanted);
}
