import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { moduleLine } from "../differential/log-lines.ts";
import { startEnvoyProcess } from "../envoy/index.ts";
import { assemble } from "../fixtures/assemble.ts";
import { envoyForTest } from "../fixtures/real-envoy.ts";
import { createHost } from "./host.ts";

const FILTER = `
  export function proxy_on_new_connection(id: i32): i32 { say("NEW"); return 0; }
  export function proxy_on_downstream_data(id: i32, size: i32, eos: i32): i32 {
    say("DOWN " + body(2));
    if (body(2) == "close downstream") { hostCloseStream(2); return 1; }
    if (body(2) == "close upstream") { hostCloseStream(3); return 1; }
    if (body(2) == "trap") unreachable();
    return 0;
  }
  export function proxy_on_upstream_data(id: i32, size: i32, eos: i32): i32 { say("UP " + body(3)); hostCloseStream(2); return 1; }
  export function proxy_on_downstream_connection_close(id: i32, by: i32): void { say("DOWN CLOSE " + by.toString()); }
  export function proxy_on_upstream_connection_close(id: i32, by: i32): void { say("UP CLOSE " + by.toString()); }
  export function proxy_on_done(id: i32): i32 { say("DONE"); return 1; }
  export function proxy_on_log(id: i32): void { say("LOG"); }
  export function proxy_on_delete(id: i32): void { say("DELETE"); }
`;
// The trap is the last: it takes the VM with it.
const WORDS = ["close downstream", "close upstream", "echo", "trap"];

test("a filter that closes its connection is told the same as in Envoy", { timeout: 60_000 }, async ({ skip }) => {
  const { path } = await envoyForTest(skip);
  const wasm = await assemble(FILTER);
  const echo = await listening(createServer((socket) => socket.on("error", () => {}).pipe(socket)));
  const folder = mkdtempSync(join(tmpdir(), "sluice-tcp-"));
  const logFile = join(folder, "envoy.log");
  const args = ["--log-format", "%l|%n|%v", "--log-format-escaped", "--component-log-level", "wasm:info"];
  const envoy = await startEnvoyProcess({ binary: path, config: config(wasm, portOf(echo)), logFile, args });
  let real: string[];
  try {
    const { port = 0 } = (await envoy.admin.listeners())[0] ?? {};
    for (const [order, word] of WORDS.entries()) {
      await say(port, word);
      if (word !== "trap") await until(() => saidIn(logFile).filter((line) => line === "DELETE").length > order);
    }
    // At its end, the main thread's VM has something to say as well.
    real = saidIn(logFile);
  } finally {
    await envoy.stop();
    echo.close();
  }
  rmSync(folder, { recursive: true, force: true });
  expect(real.filter((line) => line === "DOWN CLOSE 1")).toHaveLength(3);
  expect(inProcess(wasm)).toEqual(real);
});

function inProcess(wasm: Uint8Array<ArrayBuffer>): string[] {
  const host = createHost();
  const plugin = host.load(wasm);
  for (const word of WORDS) {
    const connection = plugin.connection();
    connection.open();
    connection.downstream(word);
    if (!connection.closed) connection.upstream(word);
    connection.closeDownstream();
    connection.complete();
  }
  return host.logs.filter(({ source }) => source === "module").map(({ message }) => message);
}

/** Says a word on a connection of its own, and waits until that is closed. */
async function say(port: number, word: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(word));
    socket.on("error", () => {}).once("close", () => resolve());
  });
}

/** What modules have logged so far. */
function saidIn(logFile: string): string[] {
  return readFileSync(logFile, "utf8")
    .split("\n")
    .flatMap((line) => moduleLine(line)?.text ?? []);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(10);
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

/** A server on TCP has a port. */
function portOf(server: Server): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (server.address() as AddressInfo).port;
}

function config(wasm: Uint8Array, echoPort: number): object {
  const api = "type.googleapis.com/envoy.extensions.filters.network";
  const address = (port: number): object => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const code = { local: { inline_bytes: Buffer.from(wasm).toString("base64") } };
  const plugin = { name: "tcp", vm_config: { vm_id: "tcp", runtime: "envoy.wasm.runtime.v8", code } };
  const proxy = { "@type": `${api}.tcp_proxy.v3.TcpProxy`, stat_prefix: "tcp", cluster: "echo" };
  const filters = [
    { name: "wasm", typed_config: { "@type": `${api}.wasm.v3.Wasm`, config: plugin } },
    { name: "tcp", typed_config: proxy },
  ];
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(echoPort) } }] }];
  return {
    static_resources: {
      listeners: [{ name: "tcp", address: address(0), filter_chains: [{ filters }] }],
      clusters: [{ name: "echo", connect_timeout: "1s", load_assignment: { cluster_name: "echo", endpoints } }],
    },
  };
}
