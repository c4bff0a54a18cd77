import type { HeaderOperations, Headers } from "../model/types.ts";
import { NONE, PolicyId } from "./format.ts";
import { assembleProgram, StringTable, Table } from "./program-writer.ts";

const Operation = { set: 1, add: 2, remove: 3 } as const;

/**
 * The program of one route's header operations. Of several destinations (`byCluster`) the chosen one's operations run
 * first, then the route's own. The headers of an only destination (`only`) belong to the route, and follow its own.
 * Undefined where nothing is left to do.
 */
export function compileHeaders(
  route: Headers | undefined,
  byCluster: ReadonlyMap<string, Headers>,
  only?: Headers,
): Uint8Array | undefined {
  const strings = new StringTable();
  const groups = new Table(5);
  const operations = new Table(3);
  const addGroup = (cluster: string | undefined, ...headers: readonly Headers[]): void => {
    const firstRequest = operations.count;
    addOperations(operations, strings, present(headers.map(({ request }) => request)));
    const firstResponse = operations.count;
    addOperations(operations, strings, present(headers.map(({ response }) => response)));
    const requestCount = firstResponse - firstRequest;
    const responseCount = operations.count - firstResponse;
    if (requestCount + responseCount === 0) return;
    const name = cluster === undefined ? NONE : strings.intern(cluster);
    groups.add(name, firstRequest, requestCount, firstResponse, responseCount);
  };
  for (const [cluster, headers] of [...byCluster].toSorted(byKey)) addGroup(cluster, headers);
  addGroup(undefined, ...present([route, only]));
  if (groups.count === 0) return undefined;
  return assembleProgram({ policy: PolicyId.headers, scalars: [], strings, tables: [groups, operations] });
}

/** Removals come first, as Envoy does them: a header that is both removed and set ends up set. */
function addOperations(table: Table, strings: StringTable, all: readonly HeaderOperations[]): void {
  const removed = all.flatMap(({ remove }) => remove).map((name) => name.toLowerCase());
  for (const name of [...new Set(removed)].filter(isOurs).toSorted()) {
    table.add(Operation.remove, strings.intern(name), 0);
  }
  const write = (kind: number, values: Readonly<Record<string, string>>): void => {
    const entries = Object.entries(values).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
    for (const [name, value] of entries.filter(([key]) => isOurs(key)).toSorted(byKey)) {
      table.add(kind, strings.intern(name), strings.intern(value));
    }
  };
  for (const { set, add } of all) {
    write(Operation.set, set);
    write(Operation.add, add);
  }
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

/** Pseudo headers and `host` are the route's business (host rewrite), and never a header operation. */
function isOurs(name: string): boolean {
  return name !== "" && !name.startsWith(":") && name !== "host";
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
