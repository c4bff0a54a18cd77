import { once } from "node:events";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/discovery.ts";
import { eventually } from "../../kit/eventually.ts";
import type { Explanation } from "@sluice/controlplane";
import { a, b, rows, toA, toB, type Row } from "./http-rows.ts";
import { converse, object, serviceOf, TrafficMesh, type Ask, type Got } from "./kit.ts";

// VirtualService's HTTP routes: rows by themselves, and what takes more than one of them.

const h2 = "route: [{ destination: { host: h2.echo } }]";
const host = (index: number): string => `r${index}.test`;
let mesh: TrafficMesh;
let ports: Readonly<Record<string, number>>;

async function explained(name: string, ask: Ask): Promise<Explanation> {
  const { path, method = "GET", headers = {} } = typeof ask === "string" ? { path: ask } : ask;
  const all = Object.entries({ host: name, ...headers }).map(([key, value]) => ["header", `${key}: ${value}`] as const);
  const url = `http://127.0.0.1:${mesh.gatewayPort}${path}`;
  return (await mesh.explain("/explain", [["url", url], ["method", method], ...all])) as Explanation;
}

/** Whether the answer is one that the explanation lets expect. */
function foresees({ outcome, forwarded, request, effects }: Explanation, got: Got): boolean {
  if (outcome.kind !== "forward" || got.to === undefined) {
    const isOwn = outcome.kind === "forward" && effects.some(({ kind }) => ["fault", "timeout", "cors"].includes(kind));
    const location = outcome.kind === "redirect" ? outcome.location : undefined;
    return (
      isOwn || (outcome.kind !== "forward" && outcome.status === got.status && location === got.answer["location"])
    );
  }
  const { path, authority } = forwarded ?? request;
  const goesThere = outcome.destinations.some(
    ({ percent, endpoints }) => percent > 0 && endpoints.includes(`127.0.0.1:${ports[got.to ?? ""]}`),
  );
  return goesThere && got.path?.split("?")[0] === path && got.headers?.["host"] === authority;
}

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  const h2Port = await mesh.http2Program("h2");
  const [portA, portB] = [await mesh.program("a"), await mesh.program("b")];
  ports = { a: portA, b: portB };
  const vs = (name: string, spec: string): string => object("VirtualService", name, spec);
  const gateways = "gateways: [edge]";
  mesh.write(
    "base.yaml",
    [
      serviceOf("a.echo", "HTTP", { a: portA }),
      serviceOf("b.echo", "HTTP", { b: portB }),
      serviceOf("h2.echo", "GRPC", { h2: h2Port }),
      serviceOf("browser.echo", "GRPC-WEB", { h2: h2Port }),
      serviceOf("half.echo", "HTTP", { a: portA, dead: await freePort() }),
      serviceOf("s.echo", "HTTP", { a: portA, b: portB }),
      serviceOf("tcp.echo", "TCP", { tcp: await mesh.tcpProgram("tcp") }),
      serviceOf("short.echo.svc.cluster.local", "HTTP", { b: portB }),
      serviceOf("twice.echo", "HTTP", { b: portB }),
      serviceOf("one.many.echo", "HTTP", { a: portA }),
      serviceOf("two.many.echo", "HTTP", { b: portB }),
      object(
        "ServiceEntry",
        "ports",
        `hosts: [ports.echo]\nports: [{ number: 80, name: main, protocol: HTTP }, { number: 81, name: more, protocol: HTTP }]\nresolution: STATIC\nendpoints: [{ address: 127.0.0.1, ports: { main: ${portB}, more: ${portB} } }]`,
      ),
      object("DestinationRule", "s", "host: s.echo\nsubsets: [{ name: one, labels: { version: a } }]"),
      object("WorkloadEntry", "client", "address: 127.0.0.1\nlabels: { app: client }\nports: { http: 1 }"),
      object(
        "Gateway",
        "edge",
        `selector: { istio: traffic }\nservers: [{ port: { number: ${mesh.gatewayPort}, name: http, protocol: HTTP }, hosts: ["*"] }]`,
      ),
    ].join("---\n"),
  );
  mesh.write("mesh.yaml", "accessLogFile: /dev/stdout\naccessLogFormat: 'route=%ROUTE_NAME% %REQ(:AUTHORITY)%'");
  mesh.write(
    "rows.yaml",
    rows
      .map(([, http], index) =>
        vs(`row-${index}`, `hosts: [HOST]\n${gateways}\nhttp:\n${http}`.replaceAll("HOST", host(index))),
      )
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
        "mirrored",
        `hosts: [mirrored.test]\n${gateways}\nhttp:\n- match: [{ uri: { prefix: /old } }]\n  mirror: { host: b.echo }\n  mirrorPercent: 100\n  ${a}\n- match: [{ uri: { prefix: /none } }]\n  mirror: { host: b.echo }\n  mirrorPercentage: { value: 0 }\n  ${a}`,
      ),
      vs(
        "weights",
        `hosts: [weights.test]\n${gateways}\nhttp: [{ route: [{ destination: { host: a.echo }, weight: 3 }, { destination: { host: b.echo }, weight: 3 }] }]`,
      ),
      vs("both", `hosts: [both.test]\ngateways: [echo/edge, mesh]\nhttp: [{ ${a} }]`),
      vs(
        "own-stats",
        `hosts: [stats.test]\n${gateways}\nhttp: [{ name: named, match: [{ name: one, statPrefix: own }], ${a} }]`,
      ),
      vs(
        "tunnel",
        `hosts: [tunnel.test]\n${gateways}\nhttp: [{ match: [{ method: { exact: CONNECT } }], route: [{ destination: { host: tcp.echo } }] }, { ${a} }]`,
      ),
      vs(
        "short",
        `hosts: [short]\nhttp: [{ match: [{ uri: { prefix: /short } }], route: [{ destination: { host: short } }] }]`,
      ),
      vs("first", `hosts: [twice.echo]\nhttp: [{ ${a} }]`),
      vs("second", `hosts: [twice.echo]\nhttp: [{ ${b} }]`),
      vs("expanded", `hosts: ["*.many.echo"]\nhttp: [{ ${a} }]`),
      vs("kept", `hosts: [one.many.echo]\nhttp: [{ ${b} }]`),
      vs("at-port", `hosts: [ports.echo]\nhttp: [{ match: [{ port: 81 }], ${a} }]`),
      vs(
        "root",
        `hosts: [root.test]\n${gateways}\nhttp:\n- match: [{ uri: { prefix: /team } }]\n  delegate: { name: team }\n  headers: { request: { set: { x-root: "1" } } }\n- ${b}`,
      ),
      vs("team", `http:\n- match: [{ uri: { prefix: /team/one } }]\n  ${a}\n- rewrite: { uri: /rest }\n  ${b}`),
      vs("hidden", `hosts: [a.echo]\nexportTo: [elsewhere]\nhttp: [{ directResponse: { status: 410 } }]`),
      vs("h2", `hosts: [h2.test]\n${gateways}\nhttp: [{ timeout: 10s, route: [{ destination: { host: h2.echo } }] }]`),
      vs(
        "limited",
        `hosts: [limited.test]\n${gateways}\nhttp:\n- match: [{ uri: { prefix: /never/short } }]\n  timeout: 100ms\n  ${h2}\n- timeout: 1h\n  ${h2}`,
      ),
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
      const got = await mesh.ask("gateway", host(index), ask);
      expect(got, JSON.stringify(ask)).toMatchObject(expected);
      // What Envoy does is what the control plane explains.
      expect([got, await explained(host(index), ask)]).toSatisfy(([answer, why]) => foresees(why, answer));
    }
  });

  test("retries reach the program as often as the policy says", () => {
    const count = (path: string): number => mesh.seen.filter((seen) => seen.path === path).length;
    expect(count("/status/503?retried")).toBe(3);
    expect(count("/status/503?default")).toBe(1);
    expect(count("/status/503?off")).toBe(1);
    expect(count("/never?tries")).toBe(2);
    expect([418, 504, 500].map((status) => count(`/status/${status}?both`))).toEqual([2, 2, 1]);
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

  test("the deprecated mirror and its shares", async () => {
    for (const path of ["/old", "/none"]) expect(await mesh.ask("gateway", "mirrored.test", path)).toMatchObject(toA);
    const copies = (path: string): string[] => mesh.seen.filter((seen) => seen.path === path).map(({ to }) => to);
    await eventually("the copy", () => copies("/old").length === 2);
    expect(copies("/none")).toEqual(["a"]);
  });

  test("several destinations share requests by weight", async () => {
    const got = await Promise.all(Array.from({ length: 40 }, () => mesh.ask("gateway", "weights.test", "/")));
    const ofA = got.filter(({ to }) => to === "a").length;
    expect(ofA).toBeGreaterThan(5);
    expect(ofA).toBeLessThan(35);
  });

  test("a CONNECT that a route asks for becomes a connection", async () => {
    const connecting = "CONNECT tunnel.test:80 HTTP/1.1\r\nhost: tunnel.test:80\r\n\r\nping";
    expect(await converse(mesh.gatewayPort, connecting, /ping/)).toMatch(/^HTTP\/1.1 200 OK[^]*\r\n\r\ntcp\nping$/);
    expect(await mesh.ask("gateway", "tunnel.test", "/")).toMatchObject(toA);
  });

  test("metrics of a route by its statPrefix", async () => {
    expect(await mesh.ask("gateway", "stats.test", "/")).toMatchObject(toA);
    const name = `vhost.stats.test:${mesh.gatewayPort}.route.own.upstream_rq_200`;
    await eventually("the request is counted", async () => (await mesh.stat(name)) === 1);
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

test.each([
  ["a route's timeout caps what a gRPC client asks for", "/never/short", "1H"],
  ["a gRPC client's own limit counts below the route's", "/never/long", "50m"],
])("%s", async (_, path, limit) => {
  const session = connect(`http://127.0.0.1:${mesh.gatewayPort}`);
  const headers = { "content-type": "application/grpc", te: "trailers", "grpc-timeout": limit };
  const stream = session.request({ ":authority": "limited.test", ":path": path, ":method": "POST", ...headers });
  stream.end();
  const [answer] = (await once(stream, "response")) as [Record<string, string>];
  session.close();
  expect(answer).toMatchObject({ "grpc-status": "14", "grpc-message": "upstream request timeout" });
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

  test("gateways and the mesh in one list", async () => {
    expect(await mesh.ask("gateway", "both.test", "/")).toMatchObject(toA);
    expect(await mesh.ask("sidecar", "both.test", "/")).toMatchObject(toA);
  });

  test("short names are of the VirtualService's own namespace", async () => {
    for (const name of ["short", "short.echo", "short.echo.svc.cluster.local"])
      expect(await mesh.ask("sidecar", name, "/short")).toMatchObject(toB);
    expect((await mesh.ask("sidecar", "short", "/other")).status).toBe(404);
  });

  test("of two VirtualServices with one host the first counts", async () => {
    expect(await mesh.ask("sidecar", "twice.echo", "/")).toMatchObject(toA);
  });

  test("a wildcard is for the services that it covers, but for those with a VirtualService of their own", async () => {
    expect(await mesh.ask("sidecar", "two.many.echo", "/")).toMatchObject(toA);
    expect(await mesh.ask("sidecar", "one.many.echo", "/")).toMatchObject(toB);
  });

  test("a match for one port leaves the other as it is", async () => {
    expect(await mesh.ask("sidecar", "ports.echo:81", "/")).toMatchObject(toA);
    expect(await mesh.ask("sidecar", "ports.echo", "/")).toMatchObject(toB);
  });

  test("a WebSocket, and HTTP/2 with gRPC's trailers", async () => {
    const hello = "GET /ws HTTP/1.1\r\nhost: b.echo\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nping";
    expect(await converse(mesh.outboundPort, hello, /ping/)).toMatch(/^HTTP\/1.1 101 [^]*ping$/);
    const session = connect(`http://127.0.0.1:${mesh.outboundPort}`);
    const stream = session.request({ ":authority": "h2.echo", "content-type": "application/grpc", te: "trailers" });
    const trailers = once(stream, "trailers") as Promise<[Record<string, string>]>;
    expect(await text(stream)).toBe("h2");
    expect((await trailers)[0]["grpc-status"]).toBe("0");
    session.close();
  });

  test("gRPC as browsers speak it, to the services that are for browsers", async () => {
    const call = { path: "/", method: "POST", headers: { "content-type": "application/grpc-web+proto" } };
    // The trailer that ends a call of gRPC is the end of the body in a browser's.
    expect((await mesh.ask("sidecar", "browser.echo", call)).body).toMatch(/^h2[^]*grpc-status:0/);
    expect((await mesh.ask("sidecar", "h2.echo", call)).body).toBe("h2");
  });

  test("a host that nobody declared is blocked", async () => {
    expect((await mesh.ask("sidecar", "nobody.test", "/")).status).toBe(502);
  });
});

// The last, as it ends the Envoys.
test("a route's name, and its match's, are in the access log", async () => {
  await mesh.endEnvoys();
  expect(mesh.log("istio-traffic.istio-system")).toContain("route=named.one stats.test");
});
