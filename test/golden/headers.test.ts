import { beforeAll, describe, expect, test } from "vitest";
import type { Headers } from "../../controlplane/src/model/types.ts";
import { compileHeaders } from "../../controlplane/src/policy/index.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

const REQUEST = 4;
const RESPONSE = 12;
const STRINGS = 16;
const KINDS = ["", "set", "add", "remove"];

interface Case {
  readonly name: string;
  readonly route?: Headers;
  readonly only?: Headers;
  readonly byCluster?: Readonly<Record<string, Headers>>;
  /** What is done to a request that the cluster `outbound|80|v1|a` gets, and to its response. */
  readonly request: readonly string[];
  readonly response: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "request and response",
    route: {
      request: { set: { "X-Set": "1" }, add: { "x-add": "2" }, remove: ["X-Gone"] },
      response: { set: { "x-r": "" }, add: {}, remove: [] },
    },
    request: ["remove x-gone", "set x-set 1", "add x-add 2"],
    response: ["set x-r "],
  },
  {
    name: "names are sorted, removed ones come first",
    route: { request: { set: { b: "1", a: "2", x: "3" }, add: { d: "4", c: "5" }, remove: ["x", "m", "X"] } },
    request: ["remove m", "remove x", "set a 2", "set b 1", "set x 3", "add c 5", "add d 4"],
    response: [],
  },
  {
    name: "pseudo headers and host are left to the route",
    route: {
      request: {
        set: { Host: "h", ":authority": "h", ":path": "/", a: "1" },
        add: { host: "h" },
        remove: [":method", "HOST"],
      },
    },
    request: ["set a 1"],
    response: [],
  },
  {
    name: "the cluster comes before the route",
    route: { request: { set: { a: "route" }, add: {}, remove: [] } },
    byCluster: {
      "outbound|80|v2|a": { request: { set: { a: "v2" }, add: {}, remove: [] } },
      "outbound|80|v1|a": {
        request: { set: { a: "v1" }, add: {}, remove: [] },
        response: { set: {}, add: { v: "1" }, remove: [] },
      },
    },
    request: ["set a v1", "set a route"],
    response: ["add v 1"],
  },
  {
    name: "an only destination follows the route",
    route: { request: { set: { a: "route" }, add: { b: "1" }, remove: ["c"] } },
    only: { request: { set: { a: "destination" }, add: { b: "2" }, remove: ["d"] } },
    request: ["remove c", "remove d", "set a route", "add b 1", "set a destination", "add b 2"],
    response: [],
  },
  {
    name: "only another cluster",
    byCluster: { "outbound|80|v2|a": { request: { set: { a: "v2" }, add: {}, remove: [] } } },
    request: [],
    response: [],
  },
];

let filter: PureFilter;

beforeAll(async () => {
  filter = await loadPureFilter("headers");
}, 60_000);

function text(program: number, index: number): string {
  const record = program + filter.word(program + STRINGS) + index * 8;
  return filter.text(program + filter.word(record), filter.word(record + 4));
}

function operationsOf(program: number, group: number, direction: number): string[] {
  if (group < 0) return [];
  return Array.from({ length: filter.call("operationCount", program, group, direction) }, (_, i) => {
    const at = filter.call("operationAt", program, group, direction, i);
    const kind = KINDS[filter.word(at)] ?? "?";
    const name = text(program, filter.word(at + 4));
    return kind === "remove" ? `${kind} ${name}` : `${kind} ${name} ${text(program, filter.word(at + 8))}`;
  });
}

describe("headers", () => {
  test.each(CASES)("$name", async ({ name, route, only, byCluster, request, response }) => {
    const bytes = compileHeaders(route, new Map(Object.entries(byCluster ?? {})), only) ?? new Uint8Array();
    const file = `programs/headers-${name.replaceAll(/[^a-z]+/g, "-")}.txt`;
    await expect(`${annotate(bytes, LAYOUTS.headers)}\n`).toMatchFileSnapshot(file);
    const program = filter.put(bytes);
    expect(filter.call("check", program, bytes.length)).toBe(0);
    expect(filter.call("needsCluster", program)).toBe(byCluster === undefined ? 0 : 1);
    const cluster = new TextEncoder().encode("outbound|80|v1|a");
    const groups = [
      filter.call("groupOfCluster", program, filter.put(cluster), cluster.length),
      filter.call("groupOfRoute", program),
    ];
    expect(groups.flatMap((group) => operationsOf(program, group, REQUEST))).toEqual(request);
    expect(groups.flatMap((group) => operationsOf(program, group, RESPONSE))).toEqual(response);
  });

  test.each<[string, Headers | undefined]>([
    ["no headers", undefined],
    ["empty ones", { request: { set: {}, add: {}, remove: [] } }],
    ["only what the route does itself", { request: { set: { host: "a" }, add: {}, remove: [] } }],
  ])("%s: no program", (_name, route) => {
    expect(compileHeaders(route, new Map())).toBeUndefined();
  });
});
