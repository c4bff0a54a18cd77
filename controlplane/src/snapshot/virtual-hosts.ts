import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { EncodedResource, ProxySnapshot, ResourceKind, ResourceTable } from "./types.ts";

/** The resource that a snapshot has for a name. */
export function resourceOf(
  { resources }: Pick<ProxySnapshot, "resources">,
  kind: ResourceKind,
  name: string,
): EncodedResource | undefined {
  return kind === "virtualHost" ? virtualHostIn(resources[kind], name) : resources[kind].get(name);
}

/**
 * Virtual hosts on demand (Envoy: http_conn_man/vhds): an Envoy that has no route for a request's host asks for the resource
 * `ROUTE CONFIGURATION/HOST`. A table has one for each host, under the host's name, and patterns as Envoy's domains have them
 * (`*.example.com`, `api.*`, `*`), which are never sent as they are: whoever asks for a host that only a pattern covers gets
 * the pattern's contents for this host alone. So two answers never claim one domain, and what comes later, such as a host of
 * its own where a pattern was, is a change of the same resource.
 */
export function virtualHostIn(table: ResourceTable, name: string): EncodedResource | undefined {
  if (isPattern(name)) return undefined;
  const own = table.get(name);
  const slash = name.lastIndexOf("/");
  const [routes, host] = [name.slice(0, slash), name.slice(slash + 1)];
  if (own !== undefined || slash < 0 || host === "" || host.length > maxHostLength) return own;
  for (const pattern of patternsFor(host)) {
    const found = table.get(`${routes}/${pattern}`);
    if (found !== undefined) return forHost(found, name, host);
  }
  return undefined;
}

/** A name of DNS with a port. */
const maxHostLength = 253 + ":65535".length;

/** Whether the resource of this name is a pattern for others. */
export function isPattern(name: string): boolean {
  const host = name.slice(name.lastIndexOf("/") + 1);
  return host.startsWith("*") || host.endsWith("*");
}

/**
 * The answer to a request that names no host, which Envoy makes when a route configuration is new: it goes on warming until
 * it has heard something about the configuration, and an entry without contents under a name of it will do.
 */
export function entriesOfRoutes(table: ResourceTable): string[] {
  return [...new Set([...table.keys()].map((name) => `${name.slice(0, name.lastIndexOf("/"))}/*`))];
}

/** In Envoy's order: the longest end, then the longest beginning, then any. */
function* patternsFor(host: string): Generator<string> {
  for (let at = 1; at < host.length; at += 1) yield `*${host.slice(at)}`;
  for (let at = host.length - 1; at > 0; at -= 1) yield `${host.slice(0, at)}*`;
  yield "*";
}

/** By the pattern's bytes, so that equal contents are the same object for whoever compares them. */
const made = new WeakMap<Uint8Array, Map<string, EncodedResource>>();
const maxMade = 65_536;

/** A pattern is encoded without `name` and `domains` (fields 1 and 2 of VirtualHost), which can stand at the end as well. */
function forHost(pattern: EncodedResource, name: string, host: string): EncodedResource {
  let hosts = made.get(pattern.value);
  if (hosts === undefined || hosts.size >= maxMade) {
    hosts = new Map();
    made.set(pattern.value, hosts);
  }
  const known = hosts.get(name);
  if (known !== undefined && known.version === pattern.version && known.withheld === pattern.withheld) return known;
  const tail = new BinaryWriter();
  tail.tag(1, WireType.LengthDelimited).string(name);
  tail.tag(2, WireType.LengthDelimited).string(host);
  const result = { ...pattern, name, value: new Uint8Array(Buffer.concat([pattern.value, tail.finish()])) };
  hosts.set(name, result);
  return result;
}
