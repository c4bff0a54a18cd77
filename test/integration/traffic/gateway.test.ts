import { createHash, X509Certificate } from "node:crypto";
import { request } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority, type KeyPair } from "../../kit/certificates.ts";
import { freePort } from "../../kit/discovery.ts";
import { converse, object, serviceOf, tlsHello, TrafficMesh, type Seen } from "./kit.ts";
import { askTls, type TlsAnswer, type TlsAsk } from "./tls-client.ts";

// Gateway: one mesh, with a server of one port, or a host of the TLS port, for each behaviour.

let mesh: TrafficMesh;
let authority: Authority;
let clients: Record<"known" | "revoked" | "other" | "stranger", KeyPair>;
let securedPort: number;
const ports = { tls: 0, bound: 0, mongo: 0, browser: 0, plain: 0 };

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  authority = await Authority.create("test");
  for (const name of ["tls", "bound", "mongo", "browser"] as const) ports[name] = await freePort();
  // A certificate of several is chosen by the name that the client asks for.
  const [ecdsa, rsa] = [await authority.issue("*.test"), await authority.issueRsa("*.test")];
  const own = await authority.issue("spiffe://cluster.local/ns/echo/sa/edge");
  clients = {
    known: await authority.issue("client.test"),
    revoked: await authority.issue("client.test"),
    other: await authority.issue("other.test"),
    stranger: await (await Authority.create("stranger")).issue("client.test"),
  };
  const list = await authority.revoke(clients.revoked);
  const [web, tcp] = [await mesh.program("web"), await mesh.tcpProgram("tcp")];
  ports.plain = web;
  securedPort = await mesh.own(
    createHttpsServer({ cert: ecdsa.certificate, key: ecdsa.privateKey }, ({ socket }, answer) => {
      // Every socket of an https server is a TLS socket.
      answer.end((socket as TLSSocket & { servername?: string }).servername ?? "");
    }),
  );
  const pem = (name: string, text: string): string => mesh.file(name, text);
  const files = {
    ecdsa: [pem("ecdsa.pem", ecdsa.certificate), pem("ecdsa.key", ecdsa.privateKey)],
    rsa: [pem("rsa.pem", rsa.certificate), pem("rsa.key", rsa.privateKey)],
    ca: pem("ca.pem", authority.pem),
    crl: pem("crl.pem", list),
  };
  const pair = ([certificate, key]: readonly string[]): string =>
    `serverCertificate: ${certificate ?? ""}, privateKey: ${key ?? ""}`;
  const mutual = `mode: MUTUAL, ${pair(files.ecdsa)}, caCertificates: ${files.ca}`;
  const hash = (await fingerprint(clients.known)).toUpperCase();
  const tls: Readonly<Record<string, string>> = {
    files: `mode: SIMPLE, ${pair(files.rsa)}`,
    mutual,
    "crl-file": `${mutual}, caCrl: ${files.crl}`,
    "crl-secret": "mode: MUTUAL, credentialName: listed",
    "crl-beside": "mode: MUTUAL, credentialName: ecdsa, caCertCredentialName: listed",
    san: `${mutual}, subjectAltNames: [client.test]`,
    hash: `${mutual}, verifyCertificateHash: ["${hash}"]`,
    spki: `${mutual}, verifyCertificateSpki: ["${spki(clients.known)}"]`,
    anybody: `mode: MUTUAL, ${pair(files.ecdsa)}, insecureSkipVerify: true`,
    own: "mode: ISTIO_MUTUAL",
    "two-secrets": "mode: SIMPLE, credentialNames: [ecdsa, rsa]",
    "two-files": `mode: SIMPLE, tlsCertificates: [{ ${pair(files.ecdsa)} }, { ${pair(files.rsa)} }]`,
    old: `mode: SIMPLE, ${pair(files.ecdsa)}, maxProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384]`,
  };
  const server = (port: number, name: string, protocol: string, host: string, more = ""): string =>
    `- port: { number: ${port}, name: ${name}, protocol: ${protocol} }\n  hosts: ["${host}"]${more}`;
  const servers = [
    server(mesh.gatewayPort, "http", "HTTP2", "*"),
    ...Object.entries(tls).map(([name, fields]) =>
      server(ports.tls, name, "HTTPS", `${name}.test`, `\n  tls: { ${fields} }`),
    ),
    server(ports.tls, "pass", "TLS", "*.localhost", "\n  tls: { mode: PASSTHROUGH }"),
    server(ports.tls, "auto", "TLS", "*.echo", "\n  tls: { mode: AUTO_PASSTHROUGH }"),
    server(ports.tls, "inside", "TLS", "inside.test", `\n  tls: { mode: SIMPLE, ${pair(files.ecdsa)} }`),
    server(ports.bound, "narrow", "HTTP", "echo/*.test"),
    server(ports.bound, "again", "TCP", "*"),
    server(ports.browser, "browser", "GRPC-WEB", "*"),
    server(ports.mongo, "mongo", "MONGO", "*", "\n  defaultEndpoint: 127.0.0.1:1"),
  ];
  const bound = server(ports.bound, "bound", "HTTP", "*", "\n  bind: 127.0.0.2");
  const wild = (port: number, protocol: string): string => `{ number: ${port}, name: p${port}, protocol: ${protocol} }`;
  mesh.write(
    "objects.yaml",
    [
      serviceOf("web.echo", "HTTP", { web }),
      serviceOf("tcp.echo", "TCP", { tcp }),
      serviceOf("two.echo", "TCP", { tcp, dead: 1 }),
      object("DestinationRule", "two", "host: two.echo\nsubsets: [{ name: tcp, labels: { version: tcp } }]"),
      object(
        "ServiceEntry",
        "wild",
        `hosts: ["*.localhost"]\nports: [${wild(web, "HTTP")}, ${wild(securedPort, "TLS")}]\nresolution: DYNAMIC_DNS`,
      ),
      object("WorkloadEntry", "edge", "address: 127.0.0.1\nserviceAccount: edge\nlabels: { istio: traffic }"),
      object("Gateway", "edge", `selector: { istio: traffic }\nservers:\n${servers.join("\n")}`),
      object("Gateway", "bound", `selector: { istio: traffic }\nservers:\n${bound}`),
      route("edge", "*.test", "edge", "web.echo"),
      route("bound", "*.bound", "bound", "web.echo"),
      object(
        "VirtualService",
        "scheme",
        `hosts: [files.test]\ngateways: [edge]\nhttp:\n- match: [{ scheme: { exact: https } }]\n  ${to("web.echo", 80)}\n- directResponse: { status: 418 }`,
      ),
      object(
        "VirtualService",
        "elsewhere",
        "hosts: [far.test]\ngateways: [echo/edge]\nhttp: [{ directResponse: { status: 418 } }]",
      ).replace("namespace: echo", "namespace: far"),
      object(
        "VirtualService",
        "wild",
        `hosts: ["*.localhost", named.example]\ngateways: [edge]\nhttp:\n- match: [{ authority: { exact: named.example } }]\n  ${to("any.localhost", web)}\n- ${to("*.localhost", web)}\ntls: [{ match: [{ sniHosts: ["*.localhost"] }], ${to("*.localhost", securedPort)} }]`,
      ),
      object(
        "VirtualService",
        "tcp",
        `hosts: ["*"]\ngateways: [edge]\ntcp: [{ match: [{ port: ${ports.mongo} }, { port: ${ports.tls} }], ${to("tcp.echo", 80)} }]`,
      ),
    ].join("---\n"),
  );
  mesh.write(
    "secrets.yaml",
    [
      secret("ecdsa", { "tls.crt": ecdsa.certificate, "tls.key": ecdsa.privateKey }),
      secret("rsa", { cert: rsa.certificate, key: rsa.privateKey }),
      secret("listed", {
        "tls.crt": ecdsa.certificate,
        "tls.key": ecdsa.privateKey,
        "ca.crt": authority.pem,
        "ca.crl": list,
      }),
      secret("istio.edge", {
        "cert-chain.pem": own.certificate,
        "key.pem": own.privateKey,
        "root-cert.pem": authority.pem,
      }),
    ].join("---\n"),
  );
  await mesh.start();
});
afterAll(async () => {
  await mesh.stop();
});

function to(host: string, port: number): string {
  return `route: [{ destination: { host: "${host}", port: { number: ${port} } } }]`;
}

function route(name: string, host: string, gateway: string, destination: string): string {
  return object(
    "VirtualService",
    name,
    `hosts: ["${host}"]\ngateways: [${gateway}]\nhttp: [{ ${to(destination, 80)} }]`,
  );
}

function secret(name: string, data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).map(([key, text]) => `  ${key}: ${btoa(text)}`);
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: echo }\ndata:\n${lines.join("\n")}\n`;
}

async function fingerprint({ certificate }: KeyPair): Promise<string> {
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return Buffer.from(await crypto.subtle.digest("SHA-256", der)).toString("hex");
}

/** Of a certificate's public key, in base64. */
function spki({ certificate }: KeyPair): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

async function ask(name: string, more: Partial<TlsAsk> = {}): Promise<TlsAnswer> {
  return await askTls({ port: ports.tls, host: `${name}.test`, ca: authority.pem, ...more });
}

describe("certificates", () => {
  test("of files", async () => {
    expect(await ask("files")).toMatchObject({ status: 200, name: "DNS:*.test", key: "RSA" });
  });

  test.each([["two-secrets"], ["two-files"]])("of two kinds, by what a client understands: %s", async (name) => {
    const [ecdsa, rsa] = ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"] as const;
    expect(await ask(name, { sigalgs: `${ecdsa}:${rsa}` })).toMatchObject({ status: 200, key: "EC" });
    expect(await ask(name, { sigalgs: rsa })).toMatchObject({ status: 200, key: "RSA" });
  });

  test("the greatest version, and the suites that may be chosen", async () => {
    const cipher = "ECDHE-ECDSA-AES256-GCM-SHA384";
    expect(await ask("old")).toMatchObject({ status: 200, version: "TLSv1.2", cipher });
    expect(await ask("old", { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" })).toHaveProperty("failure");
  });
});

describe("clients", () => {
  test.each<[name: string, good: keyof typeof clients, bad: (keyof typeof clients)[]]>([
    ["mutual", "known", ["stranger"]],
    ["crl-file", "known", ["revoked", "stranger"]],
    ["crl-secret", "known", ["revoked", "stranger"]],
    ["crl-beside", "known", ["revoked", "stranger"]],
    ["san", "known", ["other", "stranger"]],
    ["hash", "known", ["other", "stranger"]],
    ["spki", "known", ["other", "stranger"]],
    ["own", "known", ["stranger"]],
  ])("%s lets %s in, none without a certificate, and not %s", async (name, good, bad) => {
    expect(await ask(name, { client: clients[good] })).toMatchObject({ status: 200 });
    expect(await ask(name)).toHaveProperty("failure");
    for (const one of bad) expect(await ask(name, { client: clients[one] })).toHaveProperty("failure");
  });

  test("insecureSkipVerify lets anybody in", async () => {
    expect(await ask("anybody", { client: clients.stranger })).toMatchObject({ status: 200 });
    expect(await ask("anybody")).toMatchObject({ status: 200 });
  });

  test("programs learn whose certificate it is, from the gateway alone", async () => {
    const headerOf = async (name: string, more: Partial<TlsAsk> = {}): Promise<string | undefined> => {
      const { body = "" } = await ask(name, { headers: { "x-forwarded-client-cert": "Subject=forged" }, ...more });
      return (JSON.parse(body) as Seen).headers["x-forwarded-client-cert"]; // The program's own JSON.
    };
    expect(await headerOf("mutual", { client: clients.known })).toMatch(/^Hash=[0-9a-f]{64};Cert=.*;DNS=client.test$/);
    expect(await headerOf("files")).toBeUndefined();
  });

  test("ISTIO_MUTUAL shows the workload's own certificate", async () => {
    const { name } = await ask("own", { client: clients.known });
    expect(name).toBe("URI:spiffe://cluster.local/ns/echo/sa/edge");
  });
});

describe("places and hosts", () => {
  const status = async (port: number, host: string): Promise<number> => (await mesh.ask(port, host, "/")).status;

  test("a host of a namespace is for its VirtualServices alone", async () => {
    expect(await status(ports.bound, "a.test")).toBe(200);
    expect(await status(ports.bound, "far.test")).toBe(200);
    expect(await status(mesh.gatewayPort, "far.test")).toBe(418);
    expect(await status(ports.bound, "a.bound")).toBe(404);
  });

  test("one port at two addresses, each with servers of its own", async () => {
    const answer = await fetchAt("127.0.0.2", ports.bound, "a.bound");
    expect(answer).toBe(200);
    expect(await fetchAt("127.0.0.2", ports.bound, "a.test")).toBe(404);
  });

  test("a server that speaks something else on a port does not run, and says so", () => {
    expect(mesh.doubts("IST0145").join()).toContain("speaks HTTP and comes first");
  });

  test("a scheme is that of the connection, whatever the client says", async () => {
    const headers = { "x-forwarded-proto": "https" };
    expect((await mesh.ask("gateway", "files.test", { path: "/", headers })).status).toBe(418);
    expect(await ask("files")).toMatchObject({ status: 200 });
  });

  test("a field of Istio's without effect is told", () => {
    expect(mesh.doubts("IST0133").join()).toContain("defaultEndpoint");
  });

  test("gRPC as browsers speak it becomes the real one", async () => {
    const headers = { "content-type": "application/grpc-web+proto" };
    await mesh.ask(ports.browser, "a.test", { path: "/browser/call", method: "POST", headers });
    await mesh.ask("gateway", "a.test", { path: "/other/call", method: "POST", headers });
    const kindOf = (path: string): unknown => mesh.seen.find((one) => one.path === path)?.headers["content-type"];
    expect(kindOf("/browser/call")).toBe("application/grpc");
    expect(kindOf("/other/call")).toBe("application/grpc-web+proto");
  });

  test("a protocol that only Istio's own filters know is passed on as TCP", async () => {
    expect(await converse(ports.mongo, "ping", /ping/)).toBe("tcp\nping");
  });
});

describe("TLS that is passed on", () => {
  const hello = async (name: string): Promise<string> =>
    await converse(ports.tls, await tlsHello(name), /\n/).catch(() => "");

  test("to the host of a domain that the name resolves to", async () => {
    expect(await askTls({ port: ports.tls, host: "any.localhost", ca: authority.pem })).toMatchObject({
      status: 200,
      name: "DNS:*.test",
      body: "any.localhost",
    });
  });

  test("AUTO_PASSTHROUGH: to the service, port and subset that the name says", async () => {
    expect(await hello("outbound_.80_._.tcp.echo")).toMatch(/^tcp\n/);
    for (let time = 0; time < 4; time++) expect(await hello("outbound_.80_.tcp_.two.echo")).toMatch(/^tcp\n/);
    expect(await hello("outbound_.81_._.tcp.echo")).toBe("");
  });
});

describe("hosts of a domain at a gateway", () => {
  test("what the request names is resolved", async () => {
    const host = `any.localhost:${ports.plain}`;
    expect(await mesh.ask("gateway", host, "/")).toMatchObject({ status: 200, to: "web", headers: { host } });
  });

  test("or what the destination names", async () => {
    expect(await mesh.ask("gateway", "named.example", "/")).toMatchObject({ status: 200, to: "web" });
  });
});

// The last, as it is for all of the mesh.
test("a gateway behind a balancer that speaks the PROXY protocol, and that checks certificates", async () => {
  const topology = "proxyProtocol: {}, forwardClientCertDetails: ALWAYS_FORWARD_ONLY";
  await mesh.change("mesh.yaml", `defaultConfig: { gatewayTopology: { ${topology} } }`);
  const get = "GET /proxied HTTP/1.1\r\nhost: a.test\r\nx-forwarded-client-cert: Subject=known\r\n\r\n";
  const said = `PROXY TCP4 203.0.113.7 127.0.0.1 1234 80\r\n${get}`;
  expect(await converse(mesh.gatewayPort, said, /\}\}/)).toContain("HTTP/1.1 200");
  const { headers } = mesh.seen.find(({ path }) => path === "/proxied") ?? {};
  expect(headers).toMatchObject({ "x-forwarded-for": "203.0.113.7", "x-forwarded-client-cert": "Subject=known" });
  expect(await converse(mesh.gatewayPort, get, /HTTP/).catch(() => "")).not.toContain("200");
});

async function fetchAt(address: string, port: number, host: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    request({ host: address, port, headers: { host } }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}
