import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { Server } from "node:net";
import { portOf } from "../ports/free-ports.ts";
import type { FilterKind } from "./envoy-config.ts";
import type { Upstream } from "./upstream.ts";

/** The server behind the filter where the user has none: it answers with what has reached it. */
export interface EchoServer {
  readonly upstream: Upstream;
  close(): Promise<void>;
}

const BODY_SHOWN = 64 * 1024;

/** Starts it on a free loopback port. Over HTTP it answers in JSON with the request; over TCP, with the bytes themselves. */
export async function startEcho(kind: FilterKind): Promise<EchoServer> {
  const server = kind === "http" ? httpEcho() : tcpEcho();
  const sockets = new Set<{ destroy(): unknown }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    upstream: { cluster: "upstream", host: "127.0.0.1", port: portOf(server), tls: false },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function httpEcho(): Server {
  return createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      const body = Buffer.concat(chunks).toString("utf8").slice(0, BODY_SHOWN);
      const seen = { method, path: url, headers, ...(body === "" ? {} : { body }) };
      response.setHeader("content-type", "application/json");
      response.end(`${JSON.stringify(seen, undefined, 2)}\n`);
    });
  });
}

function tcpEcho(): Server {
  return createTcpServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
}
