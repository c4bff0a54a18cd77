import type { Header, PropertyTree } from "@sluice/host";
import { beforeAll, expect, test } from "vitest";
import {
  bundlePrograms,
  type BundledPrograms,
  compileAuthorization,
  compileHeaders,
  compileTelemetry,
} from "../../controlplane/src/policy/index.ts";
import { authorizationPolicy, faultInjection, headerOperations, headerPolicy, values } from "./models.ts";
import { loadPolicies, policiesModule, routeMetadata, routeWith } from "./policies.ts";

// What a request costs in host calls: an extension that a route does not use costs none.

let module: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  module = await policiesModule();
}, 120_000);

const REQUEST: readonly Header[] = [[":path", "/"]];

/** The host calls of one request and its response on a route with these properties. */
function callsOf(properties: PropertyTree, programs: BundledPrograms = {}): readonly string[] {
  const calls: string[] = [];
  const { plugin } = loadCounting((name) => calls.push(name), programs);
  // The first request decodes the route's programs, seeds chance and defines metrics.
  for (let i = 0; i < 2; i++) {
    calls.length = 0;
    const stream = plugin.stream({ requestHeaders: REQUEST, properties });
    stream.requestHeaders();
    if (stream.localReply === undefined) stream.responseHeaders([[":status", "200"]]);
    stream.complete();
  }
  return calls;
}

function loadCounting(count: (name: string) => void, programs: BundledPrograms): ReturnType<typeof loadPolicies> {
  const Instance = WebAssembly.Instance;
  const counted = (imports: WebAssembly.ModuleImports): WebAssembly.ModuleImports =>
    Object.fromEntries(
      Object.entries(imports).map(([name, call]) => [
        name,
        typeof call === "function"
          ? (...args: readonly unknown[]): unknown => {
              count(name);
              return (call as (...given: readonly unknown[]) => unknown)(...args); // An import's type has no arguments.
            }
          : call,
      ]),
    );
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, [made, imports = {}]: ConstructorParameters<typeof Instance>) =>
      new target(made, Object.fromEntries(Object.entries(imports).map(([name, each]) => [name, counted(each)]))),
  });
  try {
    return loadPolicies(module, programs);
  } finally {
    WebAssembly.Instance = Instance;
  }
}

const never = { perMillion: 0, statuses: [{ weight: 1, status: { httpStatus: 500 } }] } as const;
const withPolicy = (policy: Parameters<typeof headerPolicy>[0]): PropertyTree => {
  const headers = compileHeaders(undefined, new Map(), undefined, undefined, [headerPolicy(policy)]);
  return routeMetadata(Buffer.from(bundlePrograms({ headers }) ?? []).toString("base64"));
};

const ROUTE = "proxy_get_property";
const PAIRS = "proxy_get_header_map_pairs";
const CLOCK = "proxy_get_current_time_nanoseconds";
const SET = "proxy_replace_header_map_value";
const GET = "proxy_get_header_map_value";

test.each<[string, () => PropertyTree, readonly string[]]>([
  ["no program", () => ({}), [ROUTE]],
  [
    "a VirtualService's fault that does not happen",
    () => routeWith({ fault: { abort: { perMillion: 0, httpStatus: 500 } } }),
    [ROUTE],
  ],
  [
    "an injection that does not happen: its end, its opt-out",
    () => routeWith({ injections: [faultInjection("f", { abort: never })] }),
    [ROUTE, CLOCK, PAIRS],
  ],
  [
    "a header set to text",
    () => withPolicy({ request: headerOperations({ set: { "x-a": [{ text: "1" }] } }) }),
    [ROUTE, SET],
  ],
  [
    "a header set to a fact",
    () => withPolicy({ request: headerOperations({ set: { "x-a": [{ requestHeader: ":path" }] } }) }),
    [ROUTE, GET, SET],
  ],
  [
    "a fact of the request for the response: remembered in time",
    () => withPolicy({ response: headerOperations({ set: { "x-a": [{ requestHeader: ":path" }] } }) }),
    [ROUTE, GET, SET],
  ],
])("%s", (_name, properties, calls) => {
  expect(callsOf(properties())).toEqual(calls);
});

const SERVER_PROPERTIES: PropertyTree = {
  connection: {
    mtls: true,
    uri_san_peer_certificate: "spiffe://cluster.local/ns/a/sa/b",
    uri_san_local_certificate: "spiffe://cluster.local/ns/c/sa/d",
  },
  response: { code: 200, flags: 0 },
  xds: { cluster_name: "inbound|80||" },
};

test("who the client is by its certificate is asked for once, whatever the number of policies that want to know", () => {
  const condition = {
    attribute: "source.principal",
    values: values("cluster.local/ns/a/sa/b"),
    notValues: [],
  } as const;
  const programs = {
    telemetry: compileTelemetry([], "SERVER", { isTls: true }),
    authorization: compileAuthorization([authorizationPolicy("principal", "ALLOW", { when: [condition] })]),
  };
  const read = callsOf(SERVER_PROPERTIES, programs).filter((name) => name === ROUTE);
  // The client's certificate, the cluster, code and flags: a server's route without faults has no program to be read.
  expect(read).toHaveLength(4);
});
