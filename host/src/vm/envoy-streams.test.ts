import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEnvoyProcess } from "../envoy/process.ts";
import type { RunningEnvoy } from "../envoy/running.ts";
import { assemble } from "../fixtures/assemble.ts";
import { streamsConfig } from "../fixtures/envoy-config.ts";
import { startGrpcServer } from "../fixtures/grpc-server.ts";
import { envoyIfAny } from "../fixtures/real-envoy.ts";
import { GRPC_SOURCE, TCP_SOURCE } from "../fixtures/stream-sources.ts";
import type { GrpcServer } from "./grpc.ts";
import { createHost, type Host } from "./host.ts";

// TCP connections and gRPC: what a module says of them in the in-process host and in a real Envoy must be the same.

const TCP_PORT = 20_690;
const HTTP_PORT = 20_691;

const binary = await envoyIfAny();

describe.skipIf(binary === undefined)("the host and a real Envoy agree on", () => {
  let folder: string;
  let envoy: RunningEnvoy;
  let echo: Server;
  let grpc: Awaited<ReturnType<typeof startGrpcServer>>;
  let tcpWasm: Uint8Array<ArrayBuffer>;
  let grpcWasm: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-streams-"));
    [tcpWasm, grpcWasm] = await Promise.all([assemble(TCP_SOURCE), assemble(GRPC_SOURCE)]);
    grpc = await startGrpcServer();
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => void socket.write(`echo ${bytes.toString()}`));
      socket.on("end", () => socket.end());
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => echo.once("listening", resolve));
    const address = echo.address();
    const echoPort = typeof address === "object" && address !== null ? address.port : 0;
    envoy = await startEnvoyProcess({
      binary: binary?.path ?? "envoy",
      config: streamsConfig({
        tcpWasm,
        grpcWasm,
        tcpPort: TCP_PORT,
        httpPort: HTTP_PORT,
        echoPort,
        grpcPort: grpc.port,
      }),
      logFile: join(folder, "envoy.log"),
    });
  }, 60_000);

  afterAll(async () => {
    await envoy?.stop();
    echo?.close();
    grpc?.server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const lines = (root: string): string[] =>
    [...envoy.logs().matchAll(/ wasm log (\S+)[^:]*: (.*)/g)]
      .filter((match) => match[1] === root)
      .map((match) => match[2] ?? "");

  async function until(root: string, before: number, last: string): Promise<string[]> {
    for (let tries = 0; tries < 100 && !lines(root).slice(before).includes(last); tries++) await sleep(20);
    return lines(root).slice(before);
  }

  const said = (host: Host): string[] =>
    host.logs.filter((record) => record.source === "module").map((record) => record.message);

  test.each<[string, readonly string[]]>([
    ["bytes that pass", ["hello"]],
    ["bytes that are held, and shown with the next", ["ab", "cdef"]],
    ["bytes that a tick lets go on", ["wait"]],
    ["a connection that the module closes", ["close"]],
  ])("TCP: %s", { retry: 2 }, async (_, pieces) => {
    const before = lines("tcp").length;
    const received = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect({ host: "127.0.0.1", port: TCP_PORT, allowHalfOpen: true });
      socket.on("data", (bytes) => (text += bytes.toString()));
      socket.on("error", () => resolve(text));
      socket.on("close", () => resolve(text));
      socket.on("end", () => socket.end());
      void (async () => {
        for (const piece of pieces) {
          socket.write(piece);
          await sleep(120);
        }
        socket.end();
      })();
    });
    const real = await until("tcp", before, "DELETE");

    const host = createHost();
    const connection = host.load(tcpWasm, { rootId: "tcp" }).connection();
    connection.open();
    let echoed = 0;
    for (const piece of pieces) {
      connection.downstream(piece);
      host.advance(60);
      const news = new TextDecoder().decode(connection.toUpstream.subarray(echoed));
      echoed = connection.toUpstream.length;
      if (news !== "") connection.upstream(`echo ${news}`);
    }
    if (!connection.closed) {
      connection.downstream("", { endOfStream: true });
      connection.upstream("", { endOfStream: true });
    }
    connection.closeDownstream(connection.closed ? "local" : real.includes("DOWN CLOSE 2") ? "remote" : "local");
    connection.complete();
    expect(said(host)).toEqual(real);
    expect(new TextDecoder().decode(connection.toDownstream)).toBe(received);
  });

  const server: GrpcServer = {
    unary: ({ service, method, metadata, message }) => {
      if (method === "Fail") return { status: 14, statusMessage: "away" };
      if (method === "Quiet") return { status: 9 };
      if (method === "Slow") return { delayMs: 10_000 };
      return { message: `${service}/${method} ${metadata.text("x-md")} ${new TextDecoder().decode(message)}` };
    },
    stream: (stream) => {
      stream.initialMetadata([["x-i", "hello"]]);
      stream.onMessage = (message, end) => {
        stream.send(`echo ${new TextDecoder().decode(message)}`);
        if (end) stream.close(5, "none", [["x-t", "bye"]]);
      };
    },
  };

  test.each<[string, Record<string, string>]>([
    ["a call", { "x-kind": "call", "x-cluster": "rls", "x-method": "Should" }],
    ["a call by a GrpcService message", { "x-kind": "call", "x-cluster": "proto", "x-method": "Should" }],
    ["a call that fails", { "x-kind": "call", "x-cluster": "rls", "x-method": "Fail" }],
    ["a call that fails without a message", { "x-kind": "call", "x-cluster": "rls", "x-method": "Quiet" }],
    ["a call that is not answered in time", { "x-kind": "call", "x-cluster": "rls", "x-method": "Slow" }],
    ["a call to no cluster", { "x-kind": "call", "x-cluster": "none", "x-method": "Should" }],
    ["a stream to no cluster", { "x-kind": "stream", "x-cluster": "none", "x-method": "Stream" }],
    ["a call that is cancelled", { "x-kind": "call", "x-cluster": "rls", "x-method": "Should", "x-then": "cancel" }],
    ["a stream", { "x-kind": "stream", "x-cluster": "rls", "x-method": "Stream" }],
    [
      "a stream that is cancelled",
      { "x-kind": "stream", "x-cluster": "rls", "x-method": "Stream", "x-then": "cancel" },
    ],
  ])("gRPC: %s", async (_, headers) => {
    const before = lines("grpc").length;
    await (await fetch(`http://127.0.0.1:${HTTP_PORT}/`, { headers })).text();
    const real = await until("grpc", before, "DELETE");

    const host = createHost({ grpc: { rls: server } });
    const stream = host
      .load(grpcWasm, { rootId: "grpc" })
      .stream({ requestHeaders: [[":path", "/"], ...Object.entries(headers)] });
    stream.requestHeaders();
    host.advance(600);
    stream.complete();
    expect(said(host)).toEqual(real);
  });
});
