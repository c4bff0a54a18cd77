import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, request as tlsRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyForTest } from "../../host/src/fixtures/real-envoy.ts";
import { startEnvoyProcess, type RunningEnvoy } from "../../host/src/index.ts";
import { exampleBytes, fixtureBytes } from "./build-fixture.ts";
import { type Identity, type Loaded, sdkConfig } from "./envoy-config.ts";
import { ENVOY_PROPERTIES } from "./envoy-properties.ts";
import { startGrpcUpstream } from "./grpc-server.ts";

// The examples of the reference that need a host's services, and every property, in a real Envoy: what
// examples.test.ts and typed-properties.test.ts say of the in-process host.

// Without an Envoy on this machine there is nothing to run in; CI must have one.
const binary = await envoyForTest(() => {}).catch((error: unknown) => {
  if (process.env["CI"] === "true") throw error;
  return undefined;
});

const sized = (...parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    parts.flatMap((part) => {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(part.length);
      return [size, part];
    }),
  );
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const der = sized(
  pair.privateKey.export({ format: "der", type: "pkcs8" }),
  pair.publicKey.export({ format: "der", type: "spki" }),
);
const pem = sized(
  Buffer.from(pair.privateKey.export({ format: "pem", type: "pkcs8" })),
  Buffer.from(pair.publicKey.export({ format: "pem", type: "spki" })),
);

/** By name; configurations where they need one. */
const EXAMPLES = {
  Context: undefined,
  GrpcCall: undefined,
  grpcInitialMetadata: undefined,
  PluginContext: undefined,
  SharedData: undefined,
  SharedQueue: undefined,
  Counter: Buffer.from("1234"),
  environment: undefined,
  setProperty: undefined,
  sign: der,
  signPem: pem,
  Expression: Buffer.from("request.method == 'GET'"),
  TcpContext: undefined,
} as const satisfies Record<string, Uint8Array | undefined>;

describe.skipIf(binary === undefined)("in a real Envoy", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-sdk-"));
  const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  const ports = new Map<string, number>();
  let envoy: RunningEnvoy;
  let identity: Identity;

  beforeAll(async () => {
    identity = selfSigned(folder);
    const module = await exampleBytes("services");
    const examples = Object.entries(EXAMPLES).map(([name, configuration]): Loaded => ({
      name,
      module,
      vmId: name === "SharedQueue" ? "examples" : name,
      ...(configuration === undefined ? {} : { configuration }),
      tcp: name === "TcpContext",
    }));
    examples.push({ name: "guards", module: await fixtureBytes("guards"), vmId: "guards" });
    const properties = { name: "properties", vmId: "vm", configuration: Buffer.from("at the end") };
    const { key, certificate: cert } = identity;
    const secure = createTlsServer({ key, cert, ca: cert, requestCert: true }, withTrailers);
    const rpc = await startGrpcUpstream();
    stops.push(rpc.close);
    envoy = await startEnvoyProcess({
      binary: binary?.path ?? "envoy",
      config: sdkConfig(
        examples,
        { ...properties, module: await fixtureBytes("properties") },
        {
          plain: await listen(createServer(echo), stops),
          auth: await listen(createServer(authority), stops),
          tls: await listen(secure, stops),
          rpc: rpc.port,
        },
        identity,
      ),
      logFile: join(folder, "envoy.log"),
      ready: { listeners: examples.length + 1, timeoutMs: 30_000 },
    });
    stops.push(async () => await envoy.stop());
    for (const { name, port } of await envoy.admin.listeners()) ports.set(name, port);
  }, 120_000);

  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  /** What the plugin of this name has logged. */
  const lines = (name: string): readonly string[] =>
    [...envoy.logs().matchAll(/ wasm log (\S+) [^:]*: (.*)$/gm)]
      .filter(([, plugin]) => plugin === name)
      .map(([, , message = ""]) => message);

  /** The same, when there are so many lines. */
  const said = async (name: string, count: number): Promise<readonly string[]> => {
    for (let tries = 0; lines(name).length < count && tries < 100; ++tries) await sleep(50);
    return lines(name);
  };
  const get = async (name: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
    await fetch(`http://127.0.0.1:${ports.get(name)}/`, { headers, ...init });

  it("an HTTP call's answer comes to the stream that asked, trailers too", async () => {
    const seen: unknown = await (await get("Context")).json();
    expect(seen).toMatchObject({ "x-user": "jason", "x-signature": "s" });
  });

  it("a unary gRPC call brings its message", async () => {
    expect(await (await get("GrpcCall")).json()).toMatchObject({ "x-found": "found" });
  });

  it("a gRPC stream brings metadata, messages and its end", async () => {
    await get("grpcInitialMetadata");
    expect(await said("grpcInitialMetadata", 4)).toEqual(["version 2", "message all", "sum 1", "closed 0"]);
  });

  it("ticks come, and find what streams have counted", async () => {
    await get("PluginContext");
    const reports = async (): Promise<readonly string[]> => await said("PluginContext", 2);
    for (let tries = 0; !(await reports()).includes("1 requests") && tries < 40; ++tries) await sleep(100);
    expect(lines("PluginContext")).toContain("1 requests");
  });

  it("shared data counts on", async () => {
    await get("SharedData");
    await get("SharedData");
    expect(await said("SharedData", 2)).toEqual(["request 1", "request 2"]);
  });

  it("a queue brings its jobs to the plugin that registered it", async () => {
    await get("SharedQueue");
    expect(await said("SharedQueue", 1)).toEqual(["job /"]);
  });

  it("metrics are Envoy's", async () => {
    const stats = await envoy.admin.stats("example");
    // Counted once a VM: Envoy tries a configuration in one before its workers get theirs.
    expect(stats.get("wasmcustom.example;.kind=request")).toBeGreaterThan(1);
    expect(stats.get("wasmcustom.example_level")).toBe(7);
  });

  it("environment variables of the VM are found", async () => {
    expect((await said("environment", 1))[0]).toBe("blue");
  });

  it("signatures are made and hold, with keys in DER and PEM", async () => {
    // Both are checked while they are configured: a listener whose filter was refused would not answer.
    expect((await get("sign")).status).toBe(200);
    expect((await get("signPem")).status).toBe(200);
  });

  it("filter state is set", async () => {
    expect((await get("setProperty")).status).toBe(200);
  });

  it("two first writers of a key do not lose a value", async () => {
    expect(await (await get("guards", { "x-do": "first" })).json()).toMatchObject({ "x-result": "0 other+mine" });
  });

  it("a timer resumes the stream that waits for it", async () => {
    expect((await get("guards", { "x-do": "soon" })).status).toBe(200);
    expect(lines("guards")).toContain("fired");
  });

  it("an operator's log level takes effect in a filter without ticks", async () => {
    await get("guards", { "x-do": "debug" });
    await envoy.admin.setLogLevel("debug", "wasm");
    for (let left = 16; left > 0; --left) await get("guards", { "x-do": "debug" });
    expect(lines("guards")).toContain("debug");
  });

  it("a rule in CEL decides", async () => {
    expect((await get("Expression")).status).toBe(200);
    expect((await get("Expression", {}, { method: "DELETE" })).status).toBe(403);
  });

  it("a TCP connection is greeted, or closed", async () => {
    const port = ports.get("TcpContext") ?? 0;
    expect(await exchange(port, "GET / HTTP/1.0\r\n\r\n")).toMatch(/^welcome\nHTTP\/1\.1 200/);
    expect(await exchange(port, "SSH-2.0-x\r\n")).toBe("");
    expect((await said("TcpContext", 2)).toSorted()).toEqual(["closed here", "the client left"]);
  });

  describe("a request over TLS, at its end,", () => {
    const values = new Map<string, string>();

    beforeAll(async () => {
      await upload(ports.get("properties") ?? 0, identity);
      // Asked for twice: with the request's headers, and at the end.
      const all = await said("properties", 2 * ENVOY_PROPERTIES.length);
      for (const line of all) values.set(line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1));
    });

    it.each(ENVOY_PROPERTIES)("%s is %s", (accessor, value) => {
      if (typeof value === "string") expect(values.get(accessor)).toBe(value);
      else expect(values.get(accessor)).toMatch(value);
    });

    it("has told every property that there is", () => {
      expect([...values.keys()].toSorted()).toEqual(ENVOY_PROPERTIES.map(([accessor]) => accessor).toSorted());
    });
  });
});

const echo: RequestListener = (request, response) => void response.end(JSON.stringify(request.headers));

const authority: RequestListener = (_request, response) => {
  response.writeHead(200, { "x-user": "jason", trailer: "x-signature" });
  response.write("yes");
  response.addTrailers({ "x-signature": "s" });
  response.end();
};

const withTrailers: RequestListener = (request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { one: "entry", trailer: "one" });
    response.write("answer");
    response.addTrailers({ one: "entry" });
    response.end();
  });
};

async function listen(server: Server, stops: (() => unknown)[]): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  // Listening on TCP, so this is where.
  return (server.address() as AddressInfo).port;
}

function selfSigned(folder: string): Identity {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const names = "subjectAltName=DNS:shop.example,URI:spiffe://cluster.local/ns/shop/sa/web";
  const subject = ["-subj", "/CN=shop", "-addext", names, "-days", "2"];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...made, ...subject], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), certificate: readFileSync(certificate, "utf8") };
}

/** A request over TLS with a client's certificate, a body, and headers that properties tell of. */
async function upload(port: number, { key, certificate: cert }: Identity): Promise<void> {
  const headers = { host: "shop", referer: "here", "user-agent": "test", "x-request-id": "id", one: "entry" };
  await new Promise<void>((resolve, reject) => {
    const sent = tlsRequest(
      {
        host: "127.0.0.1",
        port,
        servername: "shop.example",
        key,
        cert,
        ca: cert,
        method: "POST",
        path: "/p?q=1",
        headers,
      },
      (response) => response.resume().on("end", resolve).on("error", reject),
    );
    sent.on("error", reject).end("question");
  });
}

/** What comes back on a connection for some bytes, until it is closed. */
async function exchange(port: number, bytes: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("latin1").on("data", (chunk: string) => (received += chunk));
    socket.on("error", reject).on("close", () => resolve(received));
  });
}
