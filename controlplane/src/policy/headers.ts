import type { HeaderOperations, Headers } from "../model/types.ts";
import { NONE, PolicyId } from "./format.ts";
import { assembleProgram, StringTable, Table } from "./program-writer.ts";

const Kind = { set: 1, add: 2, remove: 3 } as const;

/** One thing that is done to a header; names are lower case, a removal's value is empty. */
export interface HeaderOperation {
  readonly kind: keyof typeof Kind;
  readonly name: string;
  readonly value: string;
}

const nothing: ReadonlySet<string> = new Set();

/**
 * The program of one route's header operations. Of several destinations (`byCluster`) the chosen one's operations run
 * first, then the route's own. The headers of an only destination (`only`) belong to the route, and follow its own.
 * Operations on request headers named in `native` are left out: Envoy is given those (see `requestOperations`).
 * Undefined where nothing is left to do.
 */
export function compileHeaders(
  route: Headers | undefined,
  byCluster: ReadonlyMap<string, Headers>,
  only?: Headers,
  native = nothing,
): Uint8Array | undefined {
  const strings = new StringTable();
  const groups = new Table(5);
  const operations = new Table(3);
  const add = ({ kind, name, value }: HeaderOperation): void => {
    operations.add(Kind[kind], strings.intern(name), kind === "remove" ? 0 : strings.intern(value));
  };
  const addGroup = (cluster: string | undefined, ...headers: readonly (Headers | undefined)[]): void => {
    const firstRequest = operations.count;
    requestOperations(...headers)
      .filter(({ name }) => !native.has(name))
      .forEach(add);
    const firstResponse = operations.count;
    responseOperations(...headers).forEach(add);
    const requestCount = firstResponse - firstRequest;
    const responseCount = operations.count - firstResponse;
    if (requestCount + responseCount === 0) return;
    const name = cluster === undefined ? NONE : strings.intern(cluster);
    groups.add(name, firstRequest, requestCount, firstResponse, responseCount);
  };
  for (const [cluster, headers] of [...byCluster].toSorted(byKey)) addGroup(cluster, headers);
  addGroup(undefined, route, only);
  if (groups.count === 0) return undefined;
  return assembleProgram({ policy: PolicyId.headers, scalars: [], strings, tables: [groups, operations] });
}

/** What is done to a request, in order; later headers follow earlier ones. */
export function requestOperations(...all: readonly (Headers | undefined)[]): readonly HeaderOperation[] {
  return inOrder(all.map((headers) => headers?.request));
}

/** As `requestOperations`, of the response. */
export function responseOperations(...all: readonly (Headers | undefined)[]): readonly HeaderOperation[] {
  return inOrder(all.map((headers) => headers?.response));
}

/** Removals come first, as Envoy does them: a header that is both removed and set ends up set. */
function inOrder(all: readonly (HeaderOperations | undefined)[]): readonly HeaderOperation[] {
  const given = all.filter((operations) => operations !== undefined);
  const removed = new Set(given.flatMap(({ remove }) => remove).map((name) => name.toLowerCase()));
  const removals = [...removed].toSorted().map((name): HeaderOperation => ({ kind: "remove", name, value: "" }));
  const writes = given.flatMap(({ set, add }) => [...writing("set", set), ...writing("add", add)]);
  return [...removals, ...writes].filter(({ name }) => isOurs(name));
}

function writing(kind: "set" | "add", values: Readonly<Record<string, string>>): readonly HeaderOperation[] {
  return Object.entries(values)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .toSorted(byKey)
    .map(([name, value]) => ({ kind, name, value }));
}

/** Pseudo headers and `host` are the route's business (host rewrite), and never a header operation. */
function isOurs(name: string): boolean {
  return name !== "" && !name.startsWith(":") && name !== "host";
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
