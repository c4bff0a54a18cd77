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
const tls =
  "{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [a.shop.svc.cluster.local], tls: { mode: SIMPLE, credentialName: cert } }";
const many = Array.from({ length: 20 }, (_, index) => `h${index}.example`).join(", ");
const gatewayRoute = (http: string, hosts = "a.shop.svc.cluster.local, b.example"): string =>
  object("VirtualService", "gateway", `{ hosts: [${hosts}], gateways: [g], http: [${http}] }`);
const ours = ["sluice.dev/v1alpha1", "shop"] as const;
const fault = (rest: string): string =>
  object("FaultInjection", "f", `{ hosts: [a.shop.svc.cluster.local], ${rest} }`, ours);
const headers = (value: string): string =>
  object("HeaderPolicy", "h", `{ hosts: [a.shop.svc.cluster.local], request: { set: { x-a: ${value} } } }`, ours);
const secret = (key: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: cert, namespace: shop }\nstringData: { tls.crt: ${certificate}, tls.key: ${pem("PRIVATE KEY", key)} }\n`;
const pem = (label: string, text: string): string =>
  JSON.stringify(`-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`);
const certificate = pem("CERTIFICATE", "MIIB");
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
    route("match: [{ port: 80, headers: { x: { exact: y } } }], headers: { request: { set: { x: z } } }"),
    `# moved by a line\n${route("timeout: 1s")}`,
    route("timeout: 1s", "gateways: [mesh, g], "),
  ],
  [
    gatewayRoute("{ route: [{ destination: { host: a.shop.svc.cluster.local } }] }"),
    gatewayRoute("{ route: [{ destination: { host: b.shop.svc.cluster.local } }] }"),
    gatewayRoute("{ match: [{ gateways: [g] }], redirect: { authority: other, port: 8443 } }"),
    gatewayRoute("{ redirect: { derivePort: FROM_REQUEST_PORT } }"),
    gatewayRoute("{ route: [{ destination: { host: a.shop.svc.cluster.local } }] }", many),
    gatewayRoute("{ timeout: 3s, route: [{ destination: { host: a.shop.svc.cluster.local } }] }", many),
    gatewayRoute(
      "{ match: [{ headers: { x: { exact: y } } }], route: [{ destination: { host: a.shop.svc.cluster.local } }] }",
    ),
  ],
  [
    fault("expires: 2030-01-01T00:00:10Z, delay: { percentage: { value: 20 }, fixed: 1s }"),
    fault("expires: 2030-01-01T00:00:40Z, lease: 9s, delay: { percentage: { value: 20 }, fixed: 2s }"),
    fault("expires: 2030-01-01T00:00:20Z, side: SERVER, abort: { percentage: { value: 1 }, httpStatus: 503 }"),
  ],
  [headers("b"), headers("c")],
  [secret("MIIB"), secret("MIIC")],
  [workload("g", "address: 127.0.0.5"), workload("g", "address: 127.0.0.6, locality: eu/x")],
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
    object("Gateway", "g", `{ selector: { app: g }, servers: [{ port: ${port}, hosts: ["*"] }, ${tls}] }`),
    object(
      "Gateway",
      "g",
      `{ selector: { app: g }, servers: [{ port: ${port}, hosts: ["*"], tls: { httpsRedirect: true } }, ${tls.replace("SIMPLE", "MUTUAL")}] }`,
    ),
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

test("all versions of the files are good", () => {
  const texts = files.flat();
  for (const text of texts) {
    const { diagnostics } = admit([{ path: "one.yaml", text }], NO_LAST_GOOD);
    expect(diagnostics.filter(({ severity, code }) => severity === "error" && code !== "IST0101")).toEqual([]);
  }
});

/** What becomes of a file, and so many seconds of the year 2030 are over then. */
type Edit = readonly [file: number, version: number, second: number];
const edit: fc.Arbitrary<Edit> = fc
  .nat(files.length - 1)
  .chain((file) => fc.tuple(fc.constant(file), fc.nat(files[file]?.length ?? 0), fc.nat(45)));

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
        for (const [file, version, second] of [[0, 1, 0] as const, ...edits]) {
          versions[file] = version;
          const now = files.flatMap((texts, index) => {
            const text = texts[(versions[index] ?? 0) - 1];
            return text === undefined ? [] : [{ path: `${index}.yaml`, text }];
          });
          const admission = admit(now, lastGood, cache);
          lastGood = admission.lastGood;
          const { mesh } = admission;
          const options = { modules, now: Date.UTC(2030, 0, 1, 0, 0, second) };
          expect(facts(translateInParts(mesh, options, recall))).toEqual(facts(translateInParts(mesh, options)));
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
