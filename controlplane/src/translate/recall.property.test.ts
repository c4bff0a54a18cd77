import * as fc from "fast-check";
import { expect, test } from "vitest";
import { admit, DocumentCache, NO_LAST_GOOD } from "../model/index.ts";
import type { LastGood } from "../model/index.ts";
import { encode } from "../snapshot/encode.ts";
import type { ProxyResources } from "../snapshot/types.ts";
import { Recall, translateInParts } from "./index.ts";

/** How many sequences of edits: few by default, since each is a mesh translated twice for each edit. */
const runs = Number(process.env["SLUICE_PROPERTY_RUNS"] ?? 10);

const digest = (of: number): { sha256: string } => ({ sha256: String(of).repeat(64) });
const modules = { policies: digest(1), authorization: digest(2) };

function object(
  kind: string,
  name: string,
  spec: string,
  where: readonly [string, string] = ["networking.istio.io/v1", "shop"],
): string {
  const [group, namespace] = where;
  return `apiVersion: ${group}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`;
}

const security = ["security.istio.io/v1", "shop"] as const;
const port = "{ number: 80, name: http, protocol: HTTP }";
const entry = (name: string, rest: string, ports = port): string =>
  object(
    "ServiceEntry",
    name,
    `{ hosts: [${name}.shop.svc.cluster.local], ports: [${ports}], resolution: STATIC, ${rest} }`,
  );
const workload = (app: string, rest: string): string =>
  object("WorkloadEntry", app, `{ labels: { app: ${app} }, ${rest} }`);
const route = (rest: string, more = ""): string =>
  object(
    "VirtualService",
    "a",
    `{ hosts: [a.shop.svc.cluster.local], ${more} http: [{ name: r, route: [{ destination: { host: a.shop.svc.cluster.local } }], ${rest} }] }`,
  );
const rule = (rest: string): string => object("DestinationRule", "a", `{ host: a.shop.svc.cluster.local, ${rest} }`);

/** Files, each with the versions that it may have; any may also be missing. */
const files: readonly (readonly string[])[] = [
  [
    entry("a", "endpoints: [{ address: 10.0.0.1 }]"),
    entry("a", "endpoints: [{ address: 10.0.0.1, weight: 3 }]"),
    entry("a", "endpoints: []"),
    `# a comment\n${entry("a", "endpoints: [{ address: 10.0.0.1 }]")}`,
  ],
  [
    entry("b", "workloadSelector: { labels: { app: b } }"),
    entry("b", "workloadSelector: { labels: { app: b } }", `${port}, { number: 9000, name: tcp, protocol: TCP }`),
    entry("b", "workloadSelector: { labels: { app: client } }"),
  ],
  [
    entry("c", "exportTo: [other], endpoints: [{ address: 10.0.0.3 }]"),
    object("ServiceEntry", "c", `{ hosts: ["*.wild.example"], ports: [${port}], resolution: NONE }`),
    object(
      "ServiceEntry",
      "c",
      `{ hosts: ["*.wild.example"], ports: [${port}], resolution: STATIC, endpoints: [{ address: 10.0.0.9 }] }`,
    ),
  ],
  [
    workload("b", "address: 127.0.0.2"),
    workload("b", "address: 127.0.0.2, weight: 5"),
    workload("b", "address: 127.0.0.3, locality: eu/x, ports: { http: 8080 }"),
  ],
  [
    workload("client", "address: 127.0.0.4"),
    workload("client", "address: 127.0.0.4, locality: eu/x"),
    object("WorkloadEntry", "client", "{ labels: { app: client }, address: 127.0.0.4 }", [
      "networking.istio.io/v1",
      "other",
    ]),
  ],
  [
    route("timeout: 1s"),
    route("timeout: 2s"),
    route("timeout: 1s", "exportTo: [other],"),
    route("match: [{ sourceLabels: { app: client } }]"),
  ],
  [
    rule("trafficPolicy: { connectionPool: { http: { maxRetries: 7 } } }"),
    rule("subsets: [{ name: v1, labels: { version: v1 } }]"),
    rule(
      "trafficPolicy: { outlierDetection: { consecutive5xxErrors: 3 }, loadBalancer: { localityLbSetting: { enabled: true } } }",
    ),
    rule("workloadSelector: { matchLabels: { app: client } }, trafficPolicy: { tls: { mode: SIMPLE } }"),
  ],
  [
    object("Gateway", "g", `{ selector: { app: g }, servers: [{ port: ${port}, hosts: ["*"] }] }`),
    object("Gateway", "g", `{ selector: { app: g }, servers: [{ port: ${port}, hosts: [a.shop.svc.cluster.local] }] }`),
  ],
  [
    object("Sidecar", "default", `{ egress: [{ hosts: ["./b.shop.svc.cluster.local"] }] }`),
    object("Sidecar", "default", `{ egress: [{ hosts: ["*/*"] }], outboundTrafficPolicy: { mode: ALLOW_ANY } }`),
  ],
  [
    object(
      "AuthorizationPolicy",
      "p",
      "{ action: DENY, rules: [{ to: [{ operation: { methods: [POST] } }] }] }",
      security,
    ),
    object(
      "AuthorizationPolicy",
      "p",
      "{ selector: { matchLabels: { app: b } }, action: DENY, rules: [{ to: [{ operation: { methods: [PUT] } }] }] }",
      security,
    ),
  ],
  [
    object("Telemetry", "t", "{ metrics: [{ providers: [{ name: prometheus }] }] }", ["telemetry.istio.io/v1", "shop"]),
    object("Telemetry", "t", "{ accessLogging: [{ providers: [{ name: envoy }] }] }", [
      "telemetry.istio.io/v1",
      "istio-system",
    ]),
  ],
  [1, 2].map((seconds) =>
    object(
      "EnvoyFilter",
      "e",
      `{ configPatches: [{ applyTo: CLUSTER, match: { context: SIDECAR_OUTBOUND }, patch: { operation: MERGE, value: { connect_timeout: ${seconds}s } } }] }`,
      ["networking.istio.io/v1alpha3", "shop"],
    ),
  ),
];

type Edit = readonly [file: number, version: number];
const edit: fc.Arbitrary<Edit> = fc
  .nat(files.length - 1)
  .chain((file) => fc.tuple(fc.constant(file), fc.nat(files[file]?.length ?? 0)));

/** All that a control plane and its status go by. */
function facts(proxies: readonly ProxyResources[]): unknown {
  return proxies.map(({ proxy, resources, shared = [] }) => [
    proxy,
    [...resources, ...shared.flat()]
      .map(encode)
      .map(({ kind, name, version, origins }) => [kind, name, version, origins]),
  ]);
}

test(
  "what is translated change by change is what is translated from nothing",
  { timeout: 20_000 + runs * 1000 },
  () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 3, maxLength: 12 }), (edits) => {
        const [recall, cache] = [new Recall(), new DocumentCache()];
        const versions = files.map(() => 1);
        let lastGood: LastGood = NO_LAST_GOOD;
        for (const [file, version] of [[0, 1] as const, ...edits]) {
          versions[file] = version;
          const now = files.flatMap((texts, index) => {
            const text = texts[(versions[index] ?? 0) - 1];
            return text === undefined ? [] : [{ path: `${index}.yaml`, text }];
          });
          const admission = admit(now, lastGood, cache);
          lastGood = admission.lastGood;
          const { mesh } = admission;
          expect(facts(translateInParts(mesh, { modules }, recall))).toEqual(
            facts(translateInParts(mesh, { modules })),
          );
        }
      }),
      { numRuns: runs },
    );
  },
);

const two = `${entry("a", "endpoints: [{ address: 10.0.0.1 }]")}---\n${workload("client", "address: 127.0.0.4")}`;
const b = (weight: number): string => entry("b", `endpoints: [{ address: 10.0.0.2, weight: ${weight} }]`);

test("a changed endpoint leaves all other resources the same objects", () => {
  const [recall, cache] = [new Recall(), new DocumentCache()];
  const translated = [1, 2].map((weight) => {
    const sources = [
      { path: "a.yaml", text: two },
      { path: "b.yaml", text: b(weight) },
    ];
    return translateInParts(admit(sources, NO_LAST_GOOD, cache).mesh, { modules }, recall);
  });
  const [before = [], after = []] = translated.map((proxies) =>
    proxies.flatMap(({ resources, shared = [] }) => [...resources, ...shared.flat()]),
  );
  const fresh = after.filter((resource) => !before.includes(resource)).map(({ kind, name }) => `${kind} ${name}`);
  const name = "outbound|80||b.shop.svc.cluster.local";
  expect(fresh).toEqual([`cluster ${name}`, `endpoint ${name}`]);
});

test("an endpoint follows its sidecar to another port", () => {
  const [recall, cache] = [new Recall(), new DocumentCache()];
  const sources = [
    { path: "b.yaml", text: entry("b", "workloadSelector: { labels: { app: b } }") },
    { path: "workload.yaml", text: workload("b", "address: 127.0.0.2") },
  ];
  const { mesh, lastGood } = admit(sources, NO_LAST_GOOD, cache);
  translateInParts(mesh, { modules }, recall);
  const [taken = 0] = mesh.proxies.flatMap(({ inbound }) => inbound.map(({ listenPort }) => listenPort));
  // A port that a user writes is not a sidecar's any more.
  const other = entry("other", "endpoints: []", `{ number: ${taken}, name: http, protocol: HTTP }`);
  const moved = admit([...sources, { path: "other.yaml", text: other }], lastGood, cache).mesh;
  expect(moved.proxies[0]?.inbound[0]?.listenPort).not.toBe(taken);
  expect(facts(translateInParts(moved, { modules }, recall))).toEqual(facts(translateInParts(moved, { modules })));
});
