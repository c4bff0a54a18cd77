import { once } from "node:events";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/discovery.ts";
import { eventually } from "../../kit/eventually.ts";
import { converse, object, serviceOf, TrafficMesh, type Ask } from "./kit.ts";

// VirtualService's HTTP routes, a row for each behaviour: what is written, what is asked, what comes.

const a = "route: [{ destination: { host: a.echo } }]";
const b = "route: [{ destination: { host: b.echo } }]";

type Row = readonly [name: string, http: string, ...asked: readonly (readonly [ask: Ask, expected: object])[]];

const toA = { status: 200, to: "a" };
const toB = { status: 200, to: "b" };
const none = { status: 404 };

const rows: readonly Row[] = [
  ["a route without a match takes all", `- ${a}`, ["/any?x=1", { ...toA, path: "/any?x=1" }]],
  ["the first match wins", `- match: [{ uri: { prefix: /x } }]\n  ${a}\n- ${b}`, ["/x", toA], ["/y", toB]],
  ["a prefix is one of the text", `- match: [{ uri: { prefix: /foo } }]\n  ${a}`, ["/foobar", toA], ["/fo", none]],
  ["an exact path, without its query", `- match: [{ uri: { exact: /x } }]\n  ${a}`, ["/x?q=1", toA], ["/x/", none]],
  [
    "a path by expression, whole",
    `- match: [{ uri: { regex: "/i/\\\\d+" } }]\n  ${a}`,
    ["/i/42", toA],
    ["/i/42x", none],
  ],
  ["ignoreUriCase", `- match: [{ uri: { prefix: /UP }, ignoreUriCase: true }]\n  ${a}`, ["/up/1", toA], ["/u", none]],
  ["a method", `- match: [{ method: { exact: POST } }]\n  ${a}`, [{ path: "/", method: "POST" }, toA], ["/", none]],
  ["the scheme", `- match: [{ scheme: { exact: http } }]\n  ${a}`, ["/", toA]],
  ["the authority", `- match: [{ authority: { prefix: r } }]\n  ${a}`, ["/", toA]],
  [
    "a header: exact, prefix, expression, presence",
    `- match: [{ headers: { x-e: { exact: one } } }, { headers: { x-p: { prefix: on } } }, { headers: { x-r: { regex: "o.e" } } }, { headers: { x-any: {} } }]\n  ${a}`,
    [{ path: "/", headers: { "x-e": "one" } }, toA],
    [{ path: "/", headers: { "x-e": "one!" } }, none],
    [{ path: "/", headers: { "x-p": "only" } }, toA],
    [{ path: "/", headers: { "x-r": "oxe" } }, toA],
    [{ path: "/", headers: { "x-r": "oxen" } }, none],
    [{ path: "/", headers: { "x-any": "1" } }, toA],
  ],
  [
    "fields of one match are all needed",
    `- match: [{ uri: { prefix: /x }, headers: { x-e: { exact: one } } }]\n  ${a}`,
    ["/x", none],
    [{ path: "/x", headers: { "x-e": "one" } }, toA],
  ],
  [
    "withoutHeaders, also where the header is missing",
    `- match: [{ withoutHeaders: { x-e: { exact: one } } }]\n  ${a}`,
    ["/", toA],
    [{ path: "/", headers: { "x-e": "two" } }, toA],
    [{ path: "/", headers: { "x-e": "one" } }, none],
  ],
  [
    "query parameters",
    `- match: [{ queryParams: { v: { exact: "2" }, any: {} } }]\n  ${a}`,
    ["/?v=2&any=", toA],
    ["/?v=2", none],
    ["/?v=3&any=1", none],
  ],
  ["a port that is not the server's", `- match: [{ port: 1 }]\n  ${b}\n- ${a}`, ["/", toA]],
  ["gateways of a match replace the list", `- match: [{ gateways: [mesh] }]\n  ${b}\n- ${a}`, ["/", toA]],
  [
    "a weight of 0 gets nothing",
    `- route: [{ destination: { host: a.echo }, weight: 5 }, { destination: { host: b.echo }, weight: 0 }]`,
    ["/", toA],
  ],
  [
    "redirect",
    `- match: [{ uri: { prefix: /all } }]\n  redirect: { uri: /new, authority: other.test, scheme: https, redirectCode: 308 }\n- match: [{ uri: { prefix: /old } }]\n  redirect: { prefixRewrite: /new }\n- match: [{ uri: { prefix: /port } }]\n  redirect: { port: 8443, redirectCode: 307 }`,
    ["/all?q=1", { status: 308, answer: { location: "https://other.test/new?q=1" } }],
    ["/old/1", { status: 301, answer: { location: expect.stringMatching(/\/new\/1$/) as string } }],
    ["/port", { status: 307, answer: { location: expect.stringMatching(/^http:\/\/[^/]+:8443\/port$/) as string } }],
  ],
  [
    "direct responses of text and of bytes",
    `- match: [{ uri: { prefix: /t } }]\n  directResponse: { status: 418, body: { string: "short" } }\n- directResponse: { status: 200, body: { bytes: aGV4 } }`,
    ["/t", { status: 418, body: "short" }],
    ["/b", { status: 200, body: "hex" }],
  ],
  [
    "rewrite of a prefix",
    `- match: [{ uri: { prefix: /v1/ } }]\n  rewrite: { uri: / }\n  ${a}`,
    ["/v1/x?y=1", { ...toA, path: "/x?y=1" }],
  ],
  [
    "rewrite of a prefix without its slash leaves two",
    `- match: [{ uri: { prefix: /foo } }]\n  rewrite: { uri: / }\n  ${a}`,
    ["/foo/bar", { ...toA, path: "//bar" }],
  ],
  [
    "rewrite of a path that an expression matched replaces all of it",
    `- match: [{ uri: { regex: "/i/\\\\d+" } }]\n  rewrite: { uri: /new }\n  ${a}`,
    ["/i/42?q=1", { ...toA, path: "/new?q=1" }],
  ],
  [
    "ignoreUriCase leaves an expression as it is",
    `- match: [{ uri: { regex: "/up" }, ignoreUriCase: true }]\n  ${a}`,
    ["/up", toA],
    ["/UP", none],
  ],
  [
    "a header that must be empty, and one that must not be there",
    `- match: [{ headers: { x-e: { exact: "" } }, withoutHeaders: { x-no: {} } }]\n  ${a}`,
    [{ path: "/", headers: { "x-e": "" } }, toA],
    [{ path: "/", headers: { "x-e": "1" } }, none],
    [{ path: "/", headers: { "x-e": "", "x-no": "1" } }, none],
  ],
  ["a fault without a share is none", `- fault: { abort: { httpStatus: 418 } }\n  ${a}`, ["/", toA]],
  [
    // To a client that speaks no gRPC, Envoy's own fault filter answers 200 as well.
    "a fault by its deprecated percent, and by gRPC's name of a status",
    `- fault: { delay: { percent: 100, fixedDelay: 5ms }, abort: { grpcStatus: UNAVAILABLE, percentage: { value: 100 } } }\n  ${a}`,
    ["/", { status: 200, body: "fault filter abort" }],
    [
      { path: "/", headers: { "content-type": "application/grpc" } },
      { status: 200, answer: { "grpc-status": "14" } },
    ],
  ],
  [
    "Istio's default retries find another host where one refuses connections",
    `- route: [{ destination: { host: half.echo } }]`,
    ...Array.from({ length: 8 }, () => ["/", toA] as const),
  ],
  [
    "rewrite of an exact path",
    `- match: [{ uri: { exact: /x } }]\n  rewrite: { uri: /y }\n  ${a}`,
    ["/x", { ...toA, path: "/y" }],
  ],
  [
    "rewrite by expression",
    `- rewrite: { uriRegexRewrite: { match: "^/u/([^/]+)/(.*)$", rewrite: "/\\\\2/\\\\1" } }\n  ${a}`,
    ["/u/me/books", { path: "/books/me" }],
  ],
  [
    "rewrite of the authority",
    `- rewrite: { authority: inner.test }\n  ${a}`,
    ["/", { headers: { host: "inner.test" } }],
  ],
  [
    "retries by status code, to the end",
    `- match: [{ uri: { prefix: /status/503 } }]\n  retries: { attempts: 2, retryOn: "503", backoff: 5ms }\n  ${a}`,
    ["/status/503?retried", { status: 503 }],
  ],
  ["no retries: a 503 is none of Istio's defaults", `- ${a}`, ["/status/503?default", { status: 503 }]],
  ["retries turned off", `- retries: { attempts: 0 }\n  ${a}`, ["/status/503?off", { status: 503 }]],
  ["a timeout", `- timeout: 50ms\n  ${a}`, ["/never?once", { status: 504 }]],
  [
    "a time limit for each attempt",
    `- retries: { attempts: 1, perTryTimeout: 50ms, retryOn: 5xx }\n  ${a}`,
    ["/never?tries", { status: 504 }],
  ],
  [
    "headers of the route, set before add",
    `- headers: { request: { set: { x-s: one }, add: { x-s: two }, remove: [x-gone] }, response: { set: { x-answer: "yes" }, remove: [x-from] } }\n  ${a}`,
    [
      { path: "/", headers: { "x-gone": "1", "x-s": "0" } },
      { headers: { "x-s": "one, two" }, answer: { "x-answer": "yes" } },
    ],
  ],
  [
    "headers of the destination",
    `- route: [{ destination: { host: a.echo }, headers: { request: { set: { x-d: a } } } }]`,
    ["/", { headers: { "x-d": "a" } }],
  ],
  [
    "CORS: the answer to a preflight, and to a request of an origin that is allowed",
    `- corsPolicy: { allowOrigins: [{ exact: "https://me.test" }, { prefix: "https://sub" }], allowMethods: [GET, PUT], allowHeaders: [x-token], exposeHeaders: [x-from], maxAge: 1m, allowCredentials: true, unmatchedPreflights: IGNORE }\n  ${a}`,
    [
      { path: "/", method: "OPTIONS", headers: { origin: "https://me.test", "access-control-request-method": "PUT" } },
      {
        status: 200,
        body: "",
        answer: {
          "access-control-allow-origin": "https://me.test",
          "access-control-allow-methods": "GET,PUT",
          "access-control-allow-headers": "x-token",
          "access-control-max-age": "60",
          "access-control-allow-credentials": "true",
        },
      },
    ],
    [
      { path: "/", headers: { origin: "https://sub.test" } },
      {
        ...toA,
        answer: { "access-control-allow-origin": "https://sub.test", "access-control-expose-headers": "x-from" },
      },
    ],
  ],
  [
    "CORS: a preflight of an origin that is not allowed goes on to the program by default",
    `- corsPolicy: { allowOrigins: [{ exact: "https://me.test" }] }\n  ${a}`,
    [
      { path: "/", method: "OPTIONS", headers: { origin: "https://e.test", "access-control-request-method": "PUT" } },
      { ...toA, method: "OPTIONS" },
    ],
  ],
  [
    "CORS beside a fault and headers",
    `- corsPolicy: { allowOrigins: [{ regex: ".*" }] }\n  fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }\n  ${a}`,
    [{ path: "/", headers: { origin: "https://me.test" } }, { status: 418 }],
  ],
];

const host = (index: number): string => `r${index}.test`;
let mesh: TrafficMesh;

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  const [portA, portB] = [await mesh.program("a"), await mesh.program("b")];
  const vs = (name: string, spec: string): string => object("VirtualService", name, spec);
  const gateways = "gateways: [edge]";
  mesh.write(
    "base.yaml",
    [
      serviceOf("a.echo", "HTTP", { a: portA }),
      serviceOf("b.echo", "HTTP", { b: portB }),
      serviceOf("h2.echo", "GRPC", { h2: await mesh.http2Program("h2") }),
      serviceOf("half.echo", "HTTP", { a: portA, dead: await freePort() }),
      serviceOf("s.echo", "HTTP", { a: portA, b: portB }),
      object("DestinationRule", "s", "host: s.echo\nsubsets: [{ name: one, labels: { version: a } }]"),
      object("WorkloadEntry", "client", "address: 127.0.0.1\nlabels: { app: client }\nports: { http: 1 }"),
      object(
        "Gateway",
        "edge",
        `selector: { istio: traffic }\nservers: [{ port: { number: ${mesh.gatewayPort}, name: http, protocol: HTTP }, hosts: ["*"] }]`,
      ),
    ].join("---\n"),
  );
  mesh.write(
    "rows.yaml",
    rows
      .map(([, http], index) => vs(`row-${index}`, `hosts: [${host(index)}]\n${gateways}\nhttp:\n${http}`))
      .join("---\n"),
  );
  mesh.write(
    "more.yaml",
    [
      vs(
        "mirror",
        `hosts: [mirror.test]\n${gateways}\nhttp:\n- mirrors: [{ destination: { host: b.echo } }, { destination: { host: a.echo }, percentage: { value: 0 } }]\n  ${a}`,
      ),
      vs(
        "root",
        `hosts: [root.test]\n${gateways}\nhttp:\n- match: [{ uri: { prefix: /team } }]\n  delegate: { name: team }\n  headers: { request: { set: { x-root: "1" } } }\n- ${b}`,
      ),
      vs("team", `http:\n- match: [{ uri: { prefix: /team/one } }]\n  ${a}\n- rewrite: { uri: /rest }\n  ${b}`),
      vs("hidden", `hosts: [a.echo]\nexportTo: [elsewhere]\nhttp: [{ directResponse: { status: 410 } }]`),
      vs("h2", `hosts: [h2.test]\n${gateways}\nhttp: [{ timeout: 10s, route: [{ destination: { host: h2.echo } }] }]`),
      vs("near", `hosts: [b.echo]\nexportTo: [.]\nhttp: [{ ${a} }]`),
      vs("far", `hosts: [b.echo]\nhttp: [{ ${b} }]`),
      vs("wild", `hosts: ["*.wild.test"]\n${gateways}\nhttp: [{ ${a} }]`),
      vs("exact", `hosts: [x.wild.test]\n${gateways}\nhttp: [{ ${b} }]`),
      vs("beyond", `hosts: [beyond.test]\n${gateways}\nhttp: [{ ${a} }]`),
      object(
        "HeaderPolicy",
        "beyond",
        `hosts: [beyond.test]
request:
  set: { x-at: "%START_TIME(%Y)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_PORT%" }
  rewrite: { x-image: { pattern: '^(?:[^/]+/)?([^:]+)(:.*)?', substitution: 'r.local/\\1\\2' } }`,
      ),
      object(
        "FaultInjection",
        "cut",
        `hosts: [beyond.test]
expires: 2100-01-01T00:00:00Z
match: [{ uri: { regex: '/cut/\\d+' } }]
truncate: { percentage: { value: 100 }, bytes: 4 }
drip: { percentage: { value: 100 }, kibPerSecond: 100 }`,
      ),
      object(
        "FaultInjection",
        "late",
        `hosts: [beyond.test]
expires: 2100-01-01T00:00:00Z
phase: RESPONSE
responseCodes: [4xx]
abort: { percentage: { value: 100 }, httpStatus: 503 }`,
      ),
      vs("port", `hosts: [port.test]\n${gateways}\nhttp: [{ redirect: { uri: /x, derivePort: FROM_REQUEST_PORT } }]`),
      vs("merge-b", `hosts: [merged.test]\n${gateways}\nhttp:\n- match: [{ uri: { prefix: /b } }]\n  ${b}`),
      vs("merge-a", `hosts: [merged.test]\n${gateways}\nhttp: [{ ${a} }]`),
      vs(
        "inside",
        `hosts: [s.echo]\nhttp:\n- match: [{ sourceLabels: { app: other } }]\n  ${b}\n- match: [{ sourceNamespace: echo, uri: { prefix: /one } }]\n  route: [{ destination: { host: s.echo, subset: one } }]\n- match: [{ gateways: [edge] }]\n  ${b}`,
      ),
    ].join("---\n"),
  );
  await mesh.start();
});
afterAll(async () => {
  await mesh.stop();
});

describe("at a gateway", () => {
  test.each(rows.map((row, index) => [row[0], index] as const))("%s", async (_, index) => {
    const [, , ...asked] = rows[index] ?? [];
    for (const [ask, expected] of asked as Row[2][]) {
      expect(await mesh.ask("gateway", host(index), ask), JSON.stringify(ask)).toMatchObject(expected);
    }
  });

  test("retries reach the program as often as the policy says", () => {
    const count = (path: string): number => mesh.seen.filter((seen) => seen.path === path).length;
    expect(count("/status/503?retried")).toBe(3);
    expect(count("/status/503?default")).toBe(1);
    expect(count("/status/503?off")).toBe(1);
    expect(count("/never?tries")).toBe(2);
  });

  test("an origin that is not allowed gets its answer without leave to read it", async () => {
    const cors = rows.findIndex(([name]) => name.startsWith("CORS: the answer"));
    const { status, answer } = await mesh.ask("gateway", host(cors), {
      path: "/",
      headers: { origin: "https://e.test" },
    });
    expect([status, answer["access-control-allow-origin"]]).toEqual([200, undefined]);
  });

  test("a HeaderPolicy takes headers apart and makes them of facts", async () => {
    const got = await mesh.ask("gateway", "beyond.test", { path: "/", headers: { "x-image": "hub.test/app:v1" } });
    expect(got).toMatchObject(toA);
    expect(got.headers?.["x-image"]).toBe("r.local/app:v1");
    expect(got.headers?.["x-at"]).toMatch(new RegExp(`^20\\d\\d 127\\.0\\.0\\.1 ${mesh.gatewayPort}$`));
  });

  test("a FaultInjection cuts bodies off, by an expression, and goes by the response's code", async () => {
    const cut = await mesh.ask("gateway", "beyond.test", "/cut/12");
    expect([cut.status, cut.body.length, cut.answer["x-sluice-fault"]]).toEqual([
      200,
      4,
      "istio-system/cut;drip=100;truncate=4",
    ]);
    expect(await mesh.ask("gateway", "beyond.test", "/cut/x")).toMatchObject(toA);
    expect(await mesh.ask("gateway", "beyond.test", "/status/404")).toMatchObject({ status: 503 });
    expect(await mesh.ask("gateway", "beyond.test", "/status/500")).toMatchObject({ status: 500 });
  });

  test("a mirror gets a copy with the host unchanged, at 0 % it gets none", async () => {
    expect(await mesh.ask("gateway", "mirror.test", "/mirrored")).toMatchObject(toA);
    const copies = (): string[] => mesh.seen.filter(({ path }) => path === "/mirrored").map(({ to }) => to);
    await eventually("the copy", () => copies().length === 2);
    expect(copies().toSorted()).toEqual(["a", "b"]);
    expect(mesh.seen.find(({ path, to }) => path === "/mirrored" && to === "b")?.headers["host"]).toBe("mirror.test");
  });

  test("a delegate's routes, within what the root matches and with what the root says", async () => {
    expect(await mesh.ask("gateway", "root.test", "/team/one")).toMatchObject({ ...toA, headers: { "x-root": "1" } });
    expect(await mesh.ask("gateway", "root.test", "/team/x")).toMatchObject({ ...toB, path: "/rest/x" });
    const other = await mesh.ask("gateway", "root.test", "/other");
    expect(other).toMatchObject(toB);
    expect(other.headers?.["x-root"]).toBeUndefined();
  });

  test("VirtualServices of one host are merged, and what takes all comes last", async () => {
    expect(await mesh.ask("gateway", "merged.test", "/b")).toMatchObject(toB);
    expect(await mesh.ask("gateway", "merged.test", "/c")).toMatchObject(toA);
  });
});

test("the longer host wins: exact before wildcard", async () => {
  expect(await mesh.ask("gateway", "y.wild.test", "/")).toMatchObject(toA);
  expect(await mesh.ask("gateway", "x.wild.test", "/")).toMatchObject(toB);
});

test("a redirect to the port that the request came in on", async () => {
  const { answer } = await mesh.ask("gateway", "port.test", "/");
  expect(answer["location"]).toBe(`http://port.test:${mesh.gatewayPort}/x`);
});

test("HTTP/2 and gRPC's trailers through a gateway; HTTP/1.1 reaches the same program", async () => {
  const session = connect(`http://127.0.0.1:${mesh.gatewayPort}`);
  const stream = session.request({ ":authority": "h2.test", "content-type": "application/grpc", te: "trailers" });
  const trailers = once(stream, "trailers") as Promise<[Record<string, string>]>;
  expect(await text(stream)).toBe("h2");
  expect((await trailers)[0]["grpc-status"]).toBe("0");
  session.close();
  expect(await mesh.ask("gateway", "h2.test", "/")).toMatchObject({ status: 200, body: "h2" });
});

test("a WebSocket through a gateway", async () => {
  const hello = "GET /ws HTTP/1.1\r\nhost: r0.test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nping";
  expect(await converse(mesh.gatewayPort, hello, /ping/)).toMatch(/^HTTP\/1.1 101 [^]*ping$/);
});

describe("at a sidecar", () => {
  test("of two VirtualServices the one for the own namespace alone counts", async () => {
    expect(await mesh.ask("sidecar", "b.echo", "/")).toMatchObject(toA);
  });

  test("exportTo hides a VirtualService from other namespaces", async () => {
    expect(await mesh.ask("sidecar", "a.echo", "/")).toMatchObject(toA);
  });

  test("source fields, a subset, and gateways that are not the mesh", async () => {
    expect(await mesh.ask("sidecar", "s.echo", "/one")).toMatchObject(toA);
    expect((await mesh.ask("sidecar", "s.echo", "/two")).status).toBe(404);
  });

  test("a host that nobody declared is blocked", async () => {
    expect((await mesh.ask("sidecar", "nobody.test", "/")).status).toBe(502);
  });
});
