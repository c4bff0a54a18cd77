import { createServer } from "node:http";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server, type IncomingHttpHeaders } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority } from "../../kit/certificates.ts";
import { freePort } from "../../kit/discovery.ts";
import { eventually } from "../../kit/eventually.ts";
import { call } from "../../kit/http.ts";
import { object, serviceOf, TrafficMesh, type Ask } from "./kit.ts";
import { askTls } from "./tls-client.ts";

// DestinationRule and Gateway: one mesh, a host for each behaviour.

let mesh: TrafficMesh;
let authority: Authority;
let webPort: number;
const ports = { tls: 0, redirect: 0 };

/** Hosts whose DestinationRule is the row, over the programs a, b and c. */
const rules: Readonly<Record<string, string>> = {
  header: "loadBalancer: { consistentHash: { httpHeaderName: x-user } }",
  cookie:
    "loadBalancer: { consistentHash: { httpCookie: { name: user, ttl: 60s, path: / }, ringHash: { minimumRingSize: 64 } } }",
  query: "loadBalancer: { consistentHash: { httpQueryParameterName: user, maglev: { tableSize: 101 } } }",
  source: "loadBalancer: { consistentHash: { useSourceIp: true } }",
  turns: "loadBalancer: { simple: ROUND_ROBIN, warmup: { duration: 1s } }",
  pool: "connectionPool: { tcp: { maxConnections: 1, tcpKeepalive: { time: 60s } }, http: { http1MaxPendingRequests: 1, idleTimeout: 1m } }",
  everything:
    "connectionPool: { tcp: { maxConnectionDuration: 1h }, http: { http2MaxRequests: 9, maxRetries: 2, useClientProtocol: true, http2KeepAlive: { interval: 9s, timeout: 1s } } }\nretryBudget: { percent: 10 }\noutlierDetection: { splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 5, minHealthPercent: 10 }",
};

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  authority = await Authority.create("test");
  [ports.tls, ports.redirect] = [await freePort(), await freePort()];
  const programs = { a: await mesh.program("a"), b: await mesh.program("b"), c: await mesh.program("c") };
  const [server, client] = [await authority.issue("up.test"), await authority.issue("client.test")];
  const secured = await mesh.own(
    createHttpsServer(
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
        const subject = tls.authorized ? tls.getPeerCertificate().subjectaltname : "nobody";
        answer.end(`${tls.servername ?? ""} ${subject ?? ""}`);
      },
    ),
  );
  const files = {
    ca: mesh.file("ca.pem", authority.pem),
    other: mesh.file("other.pem", (await Authority.create("other")).pem),
    certificate: mesh.file("client.pem", client.certificate),
    key: mesh.file("client.key", client.privateKey),
  };
  const failing = await mesh.own(
    createServer((_, answer) => {
      answer.statusCode = 500;
      answer.end("broken");
    }),
  );
  const counting = await mesh.own(createServer(({ socket }, answer) => answer.end(String(socket.remotePort))));
  const http2 = await mesh.own(createHttp2Server(({ httpVersion }, answer) => answer.end(httpVersion)));
  const raw = await mesh.own(
    createTcpServer((socket) => {
      socket.once("data", (data) => {
        const first = data.toString("latin1").split("\r\n")[0] ?? "";
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${first.length}\r\n\r\n${first}`);
      });
    }),
  );
  mesh.write(
    "services.yaml",
    [
      ...Object.keys(rules).map((name) => serviceOf(`${name}.echo`, "HTTP", programs)),
      ...["tls-ca", "tls-wrong", "tls-skip", "tls-mutual", "tls-secret"].map((name) =>
        serviceOf(`${name}.echo`, "HTTP", { a: secured }),
      ),
      serviceOf("outlier.echo", "HTTP", { a: programs.a, b: failing }),
      serviceOf("subset.echo", "HTTP", programs),
      serviceOf("once.echo", "HTTP", { a: counting }),
      serviceOf("upgrade.echo", "HTTP", { a: http2 }),
      serviceOf("proxied.echo", "HTTP", { a: raw }),
      ...["near.echo", "shared.echo"].map((host) => located(host, { "us/a/1": programs.a, "eu/a/1": programs.b })),
      serviceOf("pass.echo", "TLS", { a: secured }),
    ].join("---\n"),
  );
  const rule = (host: string, policy: string): string =>
    object(
      "DestinationRule",
      host,
      `host: ${host}.echo\ntrafficPolicy:\n${policy
        .split("\n")
        .map((line) => `  ${line}`)
        .join("\n")}`,
    );
  const tls = (fields: string): string => `tls: { ${fields} }`;
  mesh.write(
    "rules.yaml",
    [
      ...Object.entries(rules).map(([name, policy]) => rule(name, policy)),
      rule("tls-ca", tls(`mode: SIMPLE, caCertificates: ${files.ca}, sni: up.test, subjectAltNames: [up.test]`)),
      rule("tls-wrong", tls(`mode: SIMPLE, caCertificates: ${files.other}, sni: up.test`)),
      rule("tls-skip", tls("mode: SIMPLE, insecureSkipVerify: true")),
      rule(
        "tls-mutual",
        tls(
          `mode: MUTUAL, caCertificates: ${files.ca}, clientCertificate: ${files.certificate}, privateKey: ${files.key}, sni: up.test`,
        ),
      ),
      rule("tls-secret", tls("mode: MUTUAL, credentialName: upstream, sni: up.test")),
      rule(
        "outlier",
        "outlierDetection: { consecutive5xxErrors: 1, interval: 100ms, baseEjectionTime: 1h, maxEjectionPercent: 100 }",
      ),
      object(
        "DestinationRule",
        "subset",
        "host: subset.echo\ntrafficPolicy: { loadBalancer: { simple: RANDOM } }\nsubsets: [{ name: one, labels: { version: c }, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN } } }]",
      ),
      rule("once", "connectionPool: { http: { maxRequestsPerConnection: 1 } }"),
      rule("upgrade", "connectionPool: { http: { h2UpgradePolicy: UPGRADE } }"),
      rule("proxied", "proxyProtocol: { version: V1 }"),
      rule("near", "outlierDetection: { consecutive5xxErrors: 5 }"),
      rule("shared", 'loadBalancer: { localityLbSetting: { distribute: [{ from: "us/*", to: { "eu/*": 100 } }] } }'),
    ].join("---\n"),
  );
  webPort = programs.a;
  const wild = `hosts: ["*.localhost"]\nports: [{ number: ${webPort}, name: http, protocol: HTTP }]\nresolution: NONE`;
  mesh.write("wild.yaml", object("ServiceEntry", "wild", wild));
  mesh.write("kubernetes.yaml", kubernetesObjects(programs.c));
  mesh.write("gateway.yaml", gatewayObjects());
  mesh.write(
    "secrets.yaml",
    [secret("edge", await authority.issue("edge.test"), authority.pem), secret("upstream", client, authority.pem)].join(
      "---\n",
    ),
  );
  const hosts = [
    ...Object.keys(rules),
    "tls-ca",
    "tls-wrong",
    "tls-skip",
    "tls-mutual",
    "tls-secret",
    "outlier",
    "once",
    "upgrade",
    "proxied",
    "near",
    "shared",
  ];
  mesh.write(
    "routes.yaml",
    [
      ...hosts.map((name) =>
        object(
          "VirtualService",
          name,
          `hosts: [${name}.echo]\ngateways: [edge]\nhttp: [{ timeout: 2s, route: [{ destination: { host: ${name}.echo } }] }]`,
        ),
      ),
      object(
        "VirtualService",
        "subset",
        "hosts: [subset.echo]\ngateways: [edge]\nhttp: [{ route: [{ destination: { host: subset.echo, subset: one } }] }]",
      ),
      object(
        "VirtualService",
        "edge",
        'hosts: ["*.test"]\ngateways: [edge]\nhttp: [{ route: [{ destination: { host: turns.echo } }] }]',
      ),
      object(
        "VirtualService",
        "pass",
        "hosts: [pass.test]\ngateways: [edge]\ntls: [{ match: [{ sniHosts: [pass.test] }], route: [{ destination: { host: pass.echo } }] }]",
      ),
    ].join("---\n"),
  );
  await mesh.start();
});
afterAll(async () => {
  await mesh.stop();
});

function located(host: string, endpoints: Readonly<Record<string, number>>): string {
  const list = Object.entries(endpoints).map(
    ([locality, port]) => `{ address: 127.0.0.1, ports: { main: ${port} }, locality: ${locality} }`,
  );
  const spec = `hosts: [${host}]\nports: [{ number: 80, name: main, protocol: HTTP }]\nresolution: STATIC\nendpoints: [${list.join(", ")}]`;
  return object("ServiceEntry", host.replaceAll(".", "-"), spec);
}

function secret(name: string, pair: { certificate: string; privateKey: string }, ca: string): string {
  const data = { "tls.crt": pair.certificate, "tls.key": pair.privateKey, "ca.crt": ca };
  const lines = Object.entries(data).map(([key, pem]) => `  ${key}: ${btoa(pem)}`);
  return `apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: { name: ${name}, namespace: echo }\ndata:\n${lines.join("\n")}\n`;
}

/** A Service without a selector, its endpoints, and a sidecar that knows of it and of one host more. */
function kubernetesObjects(port: number): string {
  return [
    "apiVersion: v1\nkind: Service\nmetadata: { name: kube, namespace: echo }\nspec: { clusterIP: 10.0.0.9, ports: [{ name: http, port: 80 }] }\n",
    `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: kube-x, namespace: echo, labels: { kubernetes.io/service-name: kube } }\naddressType: IPv4\nports: [{ name: http, port: ${port} }]\nendpoints: [{ addresses: [127.0.0.1] }]\n`,
    object("WorkloadEntry", "client", "address: 127.0.0.1\nlabels: { app: client }\nports: { http: 1 }"),
    object(
      "Sidecar",
      "client",
      'workloadSelector: { labels: { app: client } }\negress: [{ hosts: ["./kube.echo.svc.cluster.local", "*/turns.echo", "*/*.localhost"] }]',
    ),
  ].join("---\n");
}

function gatewayObjects(): string {
  const https = (name: string, host: string, tls: string): string =>
    `- port: { number: ${ports.tls}, name: ${name}, protocol: HTTPS }\n  hosts: [${host}]\n  tls: { ${tls} }`;
  const servers = [
    `- port: { number: ${mesh.gatewayPort}, name: http, protocol: HTTP }\n  hosts: ["*"]`,
    `- port: { number: ${ports.redirect}, name: redirect, protocol: HTTP }\n  hosts: [edge.test]\n  tls: { httpsRedirect: true }`,
    https("simple", "edge.test", "mode: SIMPLE, credentialName: edge"),
    https("mutual", "mutual.test", "mode: MUTUAL, credentialName: edge"),
    https("optional", "optional.test", "mode: OPTIONAL_MUTUAL, credentialName: edge"),
    https("modern", "modern.test", "mode: SIMPLE, credentialName: edge, minProtocolVersion: TLSV1_3"),
    https("lacking", "lacking.test", "mode: SIMPLE, credentialName: none"),
    https("again", "edge.test", "mode: SIMPLE, credentialName: edge"),
    `- port: { number: ${ports.tls}, name: pass, protocol: TLS }\n  hosts: [pass.test]\n  tls: { mode: PASSTHROUGH }`,
  ];
  return [
    object("Gateway", "edge", `selector: { istio: traffic }\nservers:\n${servers.join("\n")}`),
    object("WorkloadEntry", "edge", "address: 127.0.0.1\nlocality: us/a/1\nlabels: { istio: traffic }"),
  ].join("---\n");
}

async function answers(name: string, count: number, ask: Ask = "/"): Promise<Set<unknown>> {
  const got = new Set<unknown>();
  for (let time = 0; time < count; time++) {
    const { to, status, body } = await mesh.ask("gateway", `${name}.echo`, ask);
    got.add(to ?? (status === 200 ? body : status));
  }
  return got;
}

describe("consistent hash", () => {
  test.each([
    ["header", (user: string): Ask => ({ path: "/", headers: { "x-user": user } })],
    ["query", (user: string): Ask => `/?user=${user}`],
  ])("by %s: a user stays, users spread", async (name, ask) => {
    const users = Array.from({ length: 12 }, (_, index) => `u${index}`);
    const all = new Set<unknown>();
    for (const user of users) {
      const own = await answers(name, 3, ask(user));
      expect(own.size).toBe(1);
      for (const one of own) all.add(one);
    }
    expect(all.size).toBeGreaterThan(1);
  });

  test("by a cookie, that Envoy makes where there is none", async () => {
    const first = await mesh.ask("gateway", "cookie.echo", "/");
    const made = first.answer["set-cookie"] ?? "";
    expect(made).toMatch(/^user="?[0-9a-f]+"?; Max-Age=60; Path=\/; HttpOnly/);
    const cookie = made.split(";")[0] ?? "";
    expect(await answers("cookie", 5, { path: "/", headers: { cookie } })).toEqual(new Set([first.to]));
  });

  test("by the client's address", async () => {
    expect((await answers("source", 6)).size).toBe(1);
  });
});

test("round robin takes turns", async () => {
  expect(await answers("turns", 24)).toEqual(new Set(["a", "b", "c"]));
});

test("a subset has its own endpoints", async () => {
  expect(await answers("subset", 4)).toEqual(new Set(["c"]));
});

test("beyond the pool's limits requests are refused at once", async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => mesh.ask("gateway", "pool.echo", "/never")));
  const statuses = all.map(({ status }) => status);
  expect(statuses.filter((status) => status === 504).length).toBeGreaterThanOrEqual(2);
  expect(statuses).toContain(503);
});

test("an endpoint that fails is put out", async () => {
  await eventually("the failing one is out", async () => {
    const got = await answers("outlier", 4);
    return got.size === 1 && got.has("a") ? true : undefined;
  });
});

test("one request a connection", async () => {
  expect((await answers("once", 3)).size).toBe(3);
});

test("HTTP/2 to an HTTP/1 port, on request", async () => {
  expect(await answers("upgrade", 1)).toEqual(new Set(["2.0"]));
});

test("the PROXY protocol", async () => {
  expect([...(await answers("proxied", 1))][0]).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+$/);
});

test("all the rest of a policy is good to Envoy", async () => {
  expect((await answers("everything", 24)).size).toBeGreaterThan(1);
});

test("a sidecar reaches what its Sidecar lets it know of, Kubernetes' Services among it", async () => {
  expect(await mesh.ask("sidecar", "kube", "/")).toMatchObject({ status: 200, to: "c" });
  expect(await mesh.ask("sidecar", "turns.echo", "/")).toMatchObject({ status: 200 });
  expect(await mesh.ask("sidecar", "header.echo", "/")).toMatchObject({ status: 502 });
});

test("a host of a wildcard is what its name resolves to", async () => {
  const host = `any.localhost:${webPort}`;
  expect(await mesh.ask("sidecar", host, "/")).toMatchObject({ status: 200, to: "a", headers: { host } });
});

describe("localities", () => {
  test("the nearest, where outliers are detected", async () => {
    expect(await answers("near", 6)).toEqual(new Set(["a"]));
  });

  test("as the rule distributes", async () => {
    expect(await answers("shared", 6)).toEqual(new Set(["b"]));
  });
});

test.each([
  ["tls-ca", "up.test nobody"],
  ["tls-wrong", 503],
  ["tls-skip", "tls-skip.echo nobody"],
  ["tls-mutual", "up.test DNS:client.test"],
  ["tls-secret", "up.test DNS:client.test"],
])("TLS to a destination: %s", async (name, expected) => {
  expect(await answers(name, 1)).toEqual(new Set([expected]));
});

describe("a gateway's TLS", () => {
  const ask = async (host: string, more = {}) => await askTls({ port: ports.tls, host, ca: authority.pem, ...more });

  test("ends with the certificate of a Secret", async () => {
    expect(await ask("edge.test")).toMatchObject({ status: 200, name: "DNS:edge.test", version: "TLSv1.3" });
  });

  test("MUTUAL asks for a client's certificate, OPTIONAL_MUTUAL looks at the one that is there", async () => {
    const [client, stranger] = [
      await authority.issue("client.test"),
      await (await Authority.create("stranger")).issue("client.test"),
    ];
    expect(await ask("mutual.test")).toHaveProperty("failure");
    expect(await ask("mutual.test", { client })).toMatchObject({ status: 200 });
    expect(await ask("mutual.test", { client: stranger })).toHaveProperty("failure");
    expect(await ask("optional.test")).toMatchObject({ status: 200 });
    expect(await ask("optional.test", { client: stranger })).toHaveProperty("failure");
  });

  test("speaks HTTP/2 with clients that do", async () => {
    const session = connectHttp2(`https://127.0.0.1:${ports.tls}`, { servername: "edge.test", ca: authority.pem });
    const stream = session.request({ ":path": "/", ":authority": "edge.test" });
    const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
    session.destroy();
    expect(headers[":status"]).toBe(200);
  });

  test("has a least version", async () => {
    expect(await ask("modern.test", { maxVersion: "TLSv1.2" })).toHaveProperty("failure");
    expect(await ask("edge.test", { maxVersion: "TLSv1.2" })).toMatchObject({ version: "TLSv1.2" });
  });

  test("passes on what it does not end, on the same port", async () => {
    expect(await ask("pass.test")).toMatchObject({ status: 200, name: "DNS:up.test", body: "pass.test nobody" });
  });

  test("a server without its certificate, or with another's host, does not run and says so", async () => {
    expect(await ask("lacking.test")).toHaveProperty("failure");
    expect(mesh.doubts("IST0161").join()).toContain("no Secret none");
    expect(mesh.doubts("IST0145").join()).toContain("has the host edge.test too");
  });

  test("a redirect to https", async () => {
    const answer = await call(`http://127.0.0.1:${ports.redirect}/x?y=1`, { host: "edge.test" });
    expect(answer).toMatchObject({ status: 301, headers: { location: "https://edge.test/x?y=1" } });
  });

  test("a new certificate is taken while connections go on", async () => {
    const renewed = await authority.issue("edge.test", "new.test");
    mesh.write("secrets.yaml", [secret("edge", renewed, authority.pem)].join("---\n"));
    await eventually("the new one is served", async () =>
      (await ask("edge.test")).name === "DNS:edge.test, DNS:new.test" ? true : undefined,
    );
  });
});
