import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { TLSSocket } from "node:tls";
import { Authority, type KeyPair } from "../../kit/certificates.ts";
import { freePort } from "../../kit/discovery.ts";
import { object, serviceOf, TrafficMesh } from "./kit.ts";

/** Hosts of one service each: their protocol, their endpoints, and their rule's policy. */
type Row = readonly [protocol: string, endpoints: string, policy: string];

/**
 * A mesh with a DestinationRule for each behaviour: a gateway in us/a/1, which also takes HTTP/2 in the clear, and two
 * sidecars, of which one is of another namespace.
 */
export async function startRules(): Promise<{ readonly mesh: TrafficMesh; readonly http2Port: number }> {
  const rows = new Map<string, Row>();
  const mesh = await TrafficMesh.create();
  const http2Port = await freePort();
  const authority = await Authority.create("test");
  const [server, client] = [await authority.issue("up.test"), await authority.issue("spiffe://td/ns/echo/sa/asker")];
  const programs = { a: await mesh.program("a"), b: await mesh.program("b"), c: await mesh.program("c") };
  const plainPort = programs.a;
  const answering = async (status: number): Promise<number> =>
    await mesh.own(createServer((_, answer) => answer.writeHead(status).end(String(status))));
  const status = { 404: await answering(404), 500: await answering(500), 503: await answering(503) };
  const counting = await mesh.own(createServer(({ socket }, answer) => answer.end(String(socket.remotePort))));
  const http2 = await mesh.own(createHttp2Server((_, answer) => answer.end("two")));
  const tcp = await mesh.tcpProgram("tcp");
  const proxy = createServer();
  proxy.on("connect", ({ url }: { url: string }, socket) => socket.write(`HTTP/1.1 200 OK\r\n\r\n${url}\n`));
  const secured = createHttpsServer(
    {
      cert: server.certificate,
      key: server.privateKey,
      ca: authority.pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    ({ socket }, answer) => {
      // Every socket of an https server is a TLS socket.
      const tls = socket as TLSSocket & { servername?: string };
      answer.end(
        `${tls.servername ?? ""} ${tls.authorized ? (tls.getPeerCertificate().subjectaltname ?? "") : "nobody"}`,
      );
    },
  );
  const raw = createTcpServer((socket) => {
    socket.once("data", (data) => {
      const isSecond = data.subarray(0, 12).equals(Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"));
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${isSecond ? 2 : 1}`);
    });
  });
  const other = { proxy: await mesh.own(proxy), secured: await mesh.own(secured), raw: await mesh.own(raw) };
  const files = { ca: mesh.file("ca.pem", authority.pem), list: mesh.file("crl.pem", await authority.revoke(server)) };

  const of = (ports: Readonly<Record<string, number>>): string =>
    list(
      Object.entries(ports).map(
        ([name, port]) => `{ address: 127.0.0.1, ports: { main: ${port} }, labels: { version: "${name}" } }`,
      ),
    );
  const at = (...places: readonly (readonly [locality: string, port: number, labels?: string])[]): string =>
    list(
      places.map(
        ([locality, port, labels = ""]) =>
          `{ address: 127.0.0.1, ports: { main: ${port} }, locality: ${locality}, labels: { ${labels} } }`,
      ),
    );
  const add = (host: string, protocol: string, endpoints: string, policy: string): unknown =>
    rows.set(host, [protocol, endpoints, policy]);
  const quick = "interval: 100ms, baseEjectionTime: 1h, maxEjectionPercent: 100";
  const dead = 1;
  // Far and near: the gateway is in us/a/1.
  add(
    "next",
    "HTTP",
    at(["us/a/1", dead], ["us/b/1", programs.b], ["eu/a/1", programs.c]),
    `outlierDetection: { consecutive5xxErrors: 1, ${quick} }`,
  );
  add(
    "over",
    "HTTP",
    at(["us/a/1", dead], ["asia/a/1", programs.b], ["eu/a/1", programs.c]),
    `outlierDetection: { consecutive5xxErrors: 1, ${quick} }\nloadBalancer: { localityLbSetting: { failover: [{ from: us, to: eu }] } }`,
  );
  add(
    "ranked",
    "HTTP",
    at(["us/a/1", programs.a], ["eu/a/1", programs.c, "tier: gold"]),
    `outlierDetection: { consecutive5xxErrors: 5 }\nloadBalancer: { localityLbSetting: { failoverPriority: [tier] } }`,
  );
  add(
    "even",
    "HTTP",
    at(["us/a/1", programs.a], ["us/b/1", programs.b]),
    `outlierDetection: { consecutive5xxErrors: 5 }\nloadBalancer: { simple: ROUND_ROBIN, localityLbSetting: { enabled: false } }`,
  );
  add(
    "zones",
    "HTTP",
    at(["us/b/1", programs.a], ["us/c/1", programs.b], ["eu/a/1", programs.c]),
    "loadBalancer: { simple: ROUND_ROBIN, zoneAwareLbSetting: { enabled: true, minClusterSize: 1 } }",
  );
  add("named", "HTTP", of({ dead }), "loadBalancer: { simple: PASSTHROUGH }");
  // What puts an endpoint out.
  add(
    "gateway-errors",
    "HTTP",
    of({ a: programs.a, bad: status[503] }),
    `outlierDetection: { consecutiveGatewayErrors: 1, consecutive5xxErrors: 0, ${quick} }`,
  );
  add(
    "other-errors",
    "HTTP",
    of({ a: programs.a, bad: status[500] }),
    `loadBalancer: { simple: ROUND_ROBIN }\noutlierDetection: { consecutiveGatewayErrors: 1, consecutive5xxErrors: 0, ${quick} }`,
  );
  add(
    "codes",
    "HTTP",
    of({ a: programs.a, bad: status[404] }),
    `outlierDetection: { consecutive5xxErrors: 1, outlierDetectionHttpErrorCodes: [404, 418], ${quick} }`,
  );
  add(
    "local",
    "HTTP",
    of({ a: programs.a, dead }),
    `outlierDetection: { splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 1, consecutive5xxErrors: 0, ${quick} }`,
  );
  add("all-out", "HTTP", of({ bad: status[500] }), `outlierDetection: { consecutive5xxErrors: 1, ${quick} }`);
  add(
    "panic",
    "HTTP",
    of({ bad: status[500] }),
    `outlierDetection: { consecutive5xxErrors: 1, minHealthPercent: 60, ${quick} }`,
  );
  add(
    "some-out",
    "HTTP",
    of({ one: status[500], two: status[500] }),
    `outlierDetection: { consecutive5xxErrors: 1, interval: 100ms, baseEjectionTime: 1h, maxEjectionPercent: 50 }`,
  );
  // Limits.
  add("streams", "HTTP", of({ a: programs.a }), "connectionPool: { http: { http2MaxRequests: 1 } }");
  add(
    "budget",
    "HTTP",
    of({ bad: programs.a }),
    "retryBudget: { percent: 0, minRetryConcurrency: 1, budgetInterval: 10s }",
  );
  add("idle", "HTTP", of({ counting }), "connectionPool: { http: { idleTimeout: 50ms } }");
  add("lasting", "HTTP", of({ counting }), "connectionPool: { tcp: { maxConnectionDuration: 50ms } }");
  add(
    "kept",
    "HTTP",
    of({ counting }),
    "connectionPool: { tcp: { connectTimeout: 1s, tcpKeepalive: { probes: 3, time: 60s, interval: 10s } } }",
  );
  add("same", "HTTP", of({ http2 }), "connectionPool: { http: { useClientProtocol: true, maxConcurrentStreams: 9 } }");
  add("tcp-idle", "TCP", of({ tcp }), "connectionPool: { tcp: { idleTimeout: 100ms } }");
  add("tcp-one", "TCP", of({ tcp }), "connectionPool: { tcp: { maxConnections: 1 } }");
  add("tunnel", "TCP", of({ proxy: other.proxy }), "tunnel: { targetHost: target.test, targetPort: 9 }");
  add("second", "HTTP", of({ raw: other.raw }), "proxyProtocol: { version: V2 }");
  // TLS.
  const up = of({ secured: other.secured });
  const tls = (fields: string): string => `tls: { ${fields}, sni: up.test }`;
  add("tls-san", "HTTP", up, tls(`mode: SIMPLE, caCertificates: ${files.ca}, subjectAltNames: [down.test]`));
  add("tls-crl", "HTTP", up, tls(`mode: SIMPLE, caCertificates: ${files.ca}, caCrl: ${files.list}`));
  add("tls-lacking", "HTTP", up, tls("mode: SIMPLE, credentialName: nothing"));
  add("own", "HTTP", up, "tls: { mode: ISTIO_MUTUAL }");
  add("own-named", "HTTP", up, tls("mode: ISTIO_MUTUAL, subjectAltNames: [up.test]"));
  add("own-other", "HTTP", up, tls("mode: ISTIO_MUTUAL, subjectAltNames: [down.test]"));

  const workload = (name: string, namespace: string): string =>
    object(
      "WorkloadEntry",
      name,
      `address: 127.0.0.1\nserviceAccount: ${name}\nlabels: { app: ${name} }\nports: { http: 1 }`,
    ).replace("namespace: echo", `namespace: ${namespace}`);
  mesh.write(
    "objects.yaml",
    [
      ...[...rows].map(([host, [protocol, endpoints]]) =>
        entry(`${host}.echo`, `{ number: 80, name: main, protocol: ${protocol} }`, endpoints),
      ),
      ...[...rows].map(([host, [, , policy]]) =>
        rule(host, `host: ${host}.echo\ntrafficPolicy:\n${policy.replaceAll(/^/gm, "  ")}`),
      ),
      entry(
        "ports.echo",
        "{ number: 80, name: main, protocol: HTTP }, { number: 81, name: other, protocol: HTTP }",
        `{ address: 127.0.0.1, ports: { main: ${counting}, other: ${counting} } }`,
      ),
      rule(
        "ports",
        "host: ports.echo\ntrafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } }, portLevelSettings: [{ port: { number: 81 }, loadBalancer: { simple: RANDOM } }] }",
      ),
      entry("any.localhost", `{ number: ${plainPort}, name: main, protocol: HTTP }`, of({ dead })),
      rule("localhost", "host: any.localhost\ntrafficPolicy: { loadBalancer: { simple: PASSTHROUGH } }"),
      ...["x.b.look", "y.b.look", "z.look", "private.test", "chosen.test"].map((host) =>
        serviceOf(host, "HTTP", programs),
      ),
      // The most specific host, and of several namespaces the client's own.
      rule("wide", `host: "*.look"\n${subset("c")}`),
      rule("narrow", `host: "*.b.look"\n${subset("b")}`),
      rule("exact", `host: x.b.look\n${subset("a")}`),
      rule(
        "more",
        `host: x.b.look\nsubsets: [{ name: one, labels: { version: c } }, { name: two, labels: { version: b } }]`,
      ),
      rule("strange", `host: "*.look"\n${subset("b")}`).replace("namespace: echo", "namespace: other"),
      rule("private", `host: private.test\nexportTo: ["."]\n${subset("a")}`),
      rule("chosen", `host: chosen.test\nworkloadSelector: { matchLabels: { app: asker } }\n${subset("a")}`),
      ...["x.b.look", "y.b.look", "z.look", "private.test", "chosen.test"]
        .map((host) =>
          object(
            "VirtualService",
            host,
            `hosts: [${host}]\nhttp:\n- match: [{ uri: { prefix: /two } }]\n  route: [{ destination: { host: ${host}, subset: two } }]\n- route: [{ destination: { host: ${host}, subset: one } }]`,
          ),
        )
        .map((text, index) => (index === 0 ? text : text.replace(/- match.*\n.*subset: two.*\n/, ""))),
      ...[...rows.keys()]
        .filter((host) => rows.get(host)?.[0] === "HTTP")
        .map((host) =>
          object(
            "VirtualService",
            host,
            `hosts: [${host}.echo]\ngateways: [edge, mesh]\nhttp: [{ timeout: 1s${host === "budget" ? ", retries: { attempts: 2, retryOn: 5xx }" : ""}, route: [{ destination: { host: ${host}.echo } }] }]`,
          ),
        ),
      object(
        "VirtualService",
        "ports",
        "hosts: [ports.echo]\ngateways: [edge]\nhttp: [{ match: [{ uri: { prefix: /81 } }], route: [{ destination: { host: ports.echo, port: { number: 81 } } }] }, { route: [{ destination: { host: ports.echo, port: { number: 80 } } }] }]",
      ),
      object(
        "VirtualService",
        "any.localhost",
        `hosts: [by-name.test]\ngateways: [edge]\nhttp: [{ route: [{ destination: { host: any.localhost, port: { number: ${plainPort} } } }] }]`,
      ),
      object(
        "Gateway",
        "edge",
        `selector: { istio: traffic }\nservers:\n- port: { number: ${mesh.gatewayPort}, name: http, protocol: HTTP }\n  hosts: ["*"]\n- port: { number: ${http2Port}, name: grpc, protocol: GRPC }\n  hosts: ["*"]`,
      ),
      object("WorkloadEntry", "edge", "address: 127.0.0.1\nlocality: us/a/1\nlabels: { istio: traffic, tier: gold }"),
      workload("asker", "echo"),
      workload("stranger", "other"),
    ].join("---\n"),
  );
  mesh.write("secrets.yaml", secret("istio.asker", client, authority.pem));
  await mesh.start();
  return { mesh, http2Port };
}

function list(items: readonly string[]): string {
  return items.join(", ");
}

function entry(host: string, ports: string, endpoints: string): string {
  return object(
    "ServiceEntry",
    host.replaceAll(".", "-"),
    `hosts: [${host}]\nports: [${ports}]\nlocation: MESH_INTERNAL\nresolution: STATIC\nendpoints: [${endpoints}]`,
  );
}

function rule(name: string, spec: string): string {
  return object("DestinationRule", name, spec);
}

function subset(version: string): string {
  return `subsets: [{ name: one, labels: { version: ${version} } }]`;
}

function secret(name: string, pair: KeyPair, authorities: string): string {
  const data = { "cert-chain.pem": pair.certificate, "key.pem": pair.privateKey, "root-cert.pem": authorities };
  const lines = Object.entries(data).map(([key, text]) => `  ${key}: ${btoa(text)}`);
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: echo }\ndata:\n${lines.join("\n")}\n`;
}
