import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { startControlPlane, type ControlPlane, type ExpectedProxy } from "@sluice/controlplane";
import { findEnvoy, startEnvoyContainer, startEnvoyProcess, type RunningEnvoy } from "@sluice/host";
import { freePort } from "../../kit/discovery.ts";
import { eventually } from "../../kit/eventually.ts";
import { envoyKind } from "../../kit/mesh.ts";

/** What a request looked like to the program that got it. */
export interface Seen {
  /** Name of the program. */
  readonly to: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer; what the program saw, where a program answered. */
export interface Got extends Partial<Seen> {
  readonly status: number;
  readonly answer: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request by path, or more. */
export type Ask =
  | string
  | { readonly path: string; readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

const modules = join(import.meta.dirname, "..", "..", "..", ".build", "filters");

/**
 * A mesh of a few echo programs, one gateway and one sidecar, by the real control plane and real Envoys: rows of a table
 * add VirtualServices to it, so that a behaviour costs a row and not a mesh. Hosts of programs: `NAME.echo`.
 */
export class TrafficMesh {
  readonly folder: string;
  readonly gatewayPort: number;
  readonly #scratch = mkdtempSync(join(tmpdir(), "sluice-traffic-"));
  readonly #envoys: RunningEnvoy[] = [];
  readonly #servers: { close(): void }[] = [];
  #controlPlane: ControlPlane | undefined;
  #proxies: readonly ExpectedProxy[] = [];
  readonly #lines: string[] = [];
  /** Requests that came without anybody having waited for them: mirrored ones. */
  readonly seen: Seen[] = [];

  private constructor(gatewayPort: number) {
    this.folder = join(this.#scratch, "mesh");
    this.gatewayPort = gatewayPort;
    mkdirSync(this.folder);
  }

  static async create(): Promise<TrafficMesh> {
    return new TrafficMesh(await freePort());
  }

  /** Saves a file that Envoys read by themselves, and returns its path. */
  file(name: string, text: string): string {
    const path = join(this.#scratch, name);
    writeFileSync(path, text);
    return path;
  }

  /** Whatever of the mesh's YAML is doubtful, by code. */
  doubts(code: string): readonly string[] {
    return (this.#controlPlane?.status().diagnostics ?? []).flatMap((one) => (one.code === code ? [one.message] : []));
  }

  /** Keeps a server of the test's own for as long as the mesh. */
  async own(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
    return await this.#listen(server);
  }

  /** Saves a file of the mesh. Before `start` all at once, after it as an editor would. */
  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Saves a file, and waits until the Envoys run what it makes of the mesh; a file that changes nothing is not waited for. */
  async change(file: string, text: string): Promise<void> {
    const printed = this.#lines.length;
    this.write(file, text);
    await eventually("the change is applied", () =>
      this.#lines.slice(printed).some((line) => line.startsWith("applied: ")),
    );
    await this.synced();
  }

  /** A program that tells in JSON what it got; `/status/N` is answered with that status, `/never` never. */
  async program(name: string): Promise<number> {
    const server = createServer((incoming, answer) => {
      const seen = seenBy(name, incoming);
      this.seen.push(seen);
      if (seen.path.startsWith("/never")) return;
      const status = Number(/^\/status\/(\d{3})/.exec(seen.path)?.[1] ?? 200);
      answer.writeHead(status, { "content-type": "application/json", "x-from": name });
      answer.end(JSON.stringify(seen));
    });
    server.on("upgrade", (incoming, socket: Socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
      socket.pipe(socket);
      incoming.resume();
    });
    return await this.#listen(server);
  }

  /** The same program at a Unix socket; returns its path. */
  async socketProgram(name: string): Promise<string> {
    const path = join(this.#scratch, `${name}.sock`);
    const server = createServer((incoming, answer) => {
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify(seenBy(name, incoming)));
    });
    this.#servers.push({ close: () => server.close() });
    await new Promise<void>((resolve) => server.listen(path, () => resolve()));
    return path;
  }

  /** A program that speaks HTTP/2 only; it answers with the trailer that ends a gRPC call, `/never` never. */
  async http2Program(name: string): Promise<number> {
    const server = createHttp2Server();
    const open = new Set<ServerHttp2Session>();
    server.on("session", (session) => {
      open.add(session);
      session.on("close", () => open.delete(session));
    });
    server.on("stream", (stream, { ":path": path = "" }) => {
      stream.on("error", () => stream.destroy());
      if (path.startsWith("/never")) return;
      stream.respond({ ":status": 200, "content-type": "application/grpc", "x-from": name }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(name);
    });
    this.#servers.push({ close: () => open.forEach((session) => session.destroy()) });
    return await this.#listen(server);
  }

  /** A program that says its name and then what it hears. */
  async tcpProgram(name: string): Promise<number> {
    const server = createTcpServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.write(`${name}\n`);
      socket.pipe(socket);
    });
    return await this.#listen(server);
  }

  async #listen(server: Server | Http2Server | ReturnType<typeof createTcpServer>): Promise<number> {
    this.#servers.push({
      close: () => {
        server.close();
        if ("closeAllConnections" in server) server.closeAllConnections();
      },
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    return (server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    const lines = this.#lines;
    this.#controlPlane = await startControlPlane({
      folder: this.folder,
      stateFile: join(this.#scratch, "state.json"),
      modulesFolder: modules,
      xdsPort: 0,
      httpPort: 0,
      log: (line) => lines.push(line),
    });
    const errors = this.#controlPlane.status().diagnostics?.filter(({ severity }) => severity === "error") ?? [];
    if (errors.length > 0) throw new Error(lines.join("\n"));
    this.#proxies = JSON.parse(await this.#get("/proxies")) as readonly ExpectedProxy[];
    await Promise.all(this.#proxies.map((proxy) => this.#startEnvoy(proxy)));
    await this.synced();
  }

  async #get(path: string): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.#controlPlane?.httpPort}${path}`)).text();
  }

  /** What the control plane says that a gateway does with a request; `path` as in its HTTP API. */
  async explain(
    path: "/explain" | "/explain/connection",
    query: readonly (readonly [string, string])[],
  ): Promise<unknown> {
    return JSON.parse(await this.#get(`${path}?${new URLSearchParams(query.map((pair) => [...pair])).toString()}`));
  }

  async #startEnvoy(proxy: ExpectedProxy): Promise<void> {
    const envoy = await findEnvoy({ log: () => {} });
    if (envoy.kind === "problem") throw new Error(envoy.message);
    const config = JSON.parse(await this.#get(`/bootstrap/${proxy.id}`)) as object;
    const options = { name: proxy.id, config, logFile: this.logFile(proxy.id), ready: false } as const;
    this.#envoys.push(
      envoyKind === "process" && envoy.kind === "binary"
        ? await startEnvoyProcess({ ...options, binary: envoy.path })
        : await startEnvoyContainer({ ...options, envoy, mounts: [this.#scratch] }),
    );
  }

  /** Waits until every Envoy runs what it should, and none has refused anything. */
  async synced(): Promise<void> {
    const isSynced = (): true => {
      const late = this.#controlPlane?.status().proxies.filter(({ state }) => state !== "SYNCED") ?? [];
      if (late.length > 0) throw new Error(JSON.stringify(late));
      return true;
    };
    await eventually("every proxy is SYNCED", isSynced, 60_000);
    // An Envoy acknowledges a listener before it serves it.
    await eventually("every listener serves", async () => {
      const counts = await Promise.all(
        this.#envoys.map(({ admin }) => admin.stats("listener_manager.total_listeners")),
      );
      const count = (stats: ReadonlyMap<string, number>, state: string): number =>
        Number(stats.get(`listener_manager.total_listeners_${state}`));
      return counts.every((stats) => count(stats, "active") > 0 && count(stats, "warming") === 0);
    });
  }

  get envoys(): readonly RunningEnvoy[] {
    return this.#envoys;
  }

  status(): ReturnType<ControlPlane["status"]> | undefined {
    return this.#controlPlane?.status();
  }

  /** Names of the resources of a kind that a proxy has acknowledged. */
  async acknowledged(proxy: string, type: string): Promise<readonly string[]> {
    const text = await this.#get(`/proxies/${proxy}/resources?type=${type}`);
    const resources = JSON.parse(text) as readonly { readonly name: string; readonly acked?: string }[]; // The control plane's own JSON.
    return resources.flatMap(({ name, acked }) => (acked === undefined ? [] : [name]));
  }

  /** One of Envoy's own metrics, over all Envoys. */
  async stat(name: string): Promise<number> {
    const all = await Promise.all(this.#envoys.map(({ admin }) => admin.stats(name)));
    return all.reduce((sum, stats) => sum + (stats.get(name) ?? 0), 0);
  }

  /** All that an Envoy says it runs. */
  async configDump(proxy: string): Promise<string> {
    const envoy = this.#envoys.find(({ name }) => name === proxy);
    return JSON.stringify(await envoy?.admin.configDump(), undefined, 1);
  }

  logFile(proxy: string): string {
    return join(this.#scratch, `${proxy}.log`);
  }

  log(proxy: string): string {
    return readFileSync(this.logFile(proxy), "utf8");
  }

  get outboundPort(): number {
    return this.#proxies.find(({ kind }) => kind === "sidecar")?.outbound?.port ?? 0;
  }

  /** Where the program of one of several sidecars sends its requests, by the proxy's id. */
  portOf(id: string): number {
    return this.#proxies.find((proxy) => proxy.id === id)?.outbound?.port ?? 0;
  }

  /** The sidecar's port for a service that does not speak HTTP. */
  tcpPort(host: string): number {
    const ports = this.#proxies.flatMap(({ tcp = [] }) => tcp);
    return ports.find((one) => one.host === host)?.listenPort ?? 0;
  }

  /** A request for a host: at the gateway, at the sidecar as its program would send it, or at a port. */
  async ask(at: "gateway" | "sidecar" | number, host: string, ask: Ask): Promise<Got> {
    const { path, method = "GET", headers = {} } = typeof ask === "string" ? { path: ask } : ask;
    const port = at === "gateway" ? this.gatewayPort : at === "sidecar" ? this.outboundPort : at;
    const all = { host, ...headers };
    return await new Promise((resolve, reject) => {
      const outgoing = request({ host: "127.0.0.1", port, path, method, headers: all }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => resolve(gotOf(incoming, Buffer.concat(chunks).toString("utf8"))));
      });
      outgoing.on("error", reject);
      outgoing.end();
    });
  }

  /** Ends the Envoys, who then write what they have kept of their access logs: else that takes them ten seconds. */
  async endEnvoys(): Promise<void> {
    await Promise.allSettled(this.#envoys.splice(0).map((envoy) => envoy.stop()));
  }

  async stop(): Promise<void> {
    await this.endEnvoys();
    await this.#controlPlane?.close();
    for (const server of this.#servers) server.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

function seenBy(to: string, { method = "", url: path = "", headers }: IncomingMessage): Seen {
  return { to, method, path, headers: flat(headers) };
}

function flat(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]));
}

function gotOf(incoming: IncomingMessage, body: string): Got {
  // A body that a fault has cut off says nothing.
  const seen =
    incoming.headers["content-type"] === "application/json" && body.endsWith("}") ? (JSON.parse(body) as Seen) : {};
  return { status: incoming.statusCode ?? 0, answer: flat(incoming.headers), body, ...seen };
}

/** The first bytes that a TLS client sends for a server name. */
export async function tlsHello(servername: string): Promise<Uint8Array> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const client = connectTls({ port, host: "127.0.0.1", servername });
  client.on("error", () => client.destroy());
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return new Uint8Array(hello);
}

/** Speaks TCP with a port: what it says until `enough` fits, or until it closes. */
export async function converse(port: number, say: string | Uint8Array, enough: RegExp): Promise<string> {
  return await new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(say));
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      if (enough.test(heard)) socket.end();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(heard));
  });
}

/** An object of Istio's networking API, with a spec that is indented by two. */
export function object(kind: string, name: string, spec: string): string {
  const isOurs = kind === "HeaderPolicy" || kind === "FaultInjection";
  const group = isOurs ? "sluice.dev/v1alpha1" : "networking.istio.io/v1";
  // Sluice's own act in the proxies of their namespace; the root namespace has the gateway, too.
  const namespace = isOurs ? "istio-system" : "echo";
  return `apiVersion: ${group}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec:\n${indent(spec)}\n`;
}

/** A service for programs on ports of this machine, with a label `version` of the program's name. */
export function serviceOf(host: string, protocol: string, programs: Readonly<Record<string, number>>): string {
  const endpoints = Object.entries(programs).map(
    ([name, port]) => `{ address: 127.0.0.1, ports: { main: ${port} }, labels: { version: ${name} } }`,
  );
  const spec = `hosts: [${host}]\nports: [{ number: 80, name: main, protocol: ${protocol} }]\nlocation: MESH_INTERNAL\nresolution: STATIC\nendpoints: [${endpoints.join(", ")}]`;
  return object("ServiceEntry", host.replaceAll(".", "-"), spec);
}

function indent(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
