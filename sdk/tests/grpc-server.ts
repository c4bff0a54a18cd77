import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/** A real gRPC server on loopback; ends with `close()`. */
export interface GrpcUpstream {
  readonly port: number;
  readonly close: () => void;
}

/** `Find` answers `found` for `jason` in tenant 1, else NOT_FOUND; `Watch` echoes, with metadata before and behind. */
export async function startGrpcUpstream(): Promise<GrpcUpstream> {
  const server = createServer();
  const sessions = new Set<{ destroy: () => void }>();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    if (String(headers[":path"]).endsWith("/Watch")) watch(stream);
    else find(stream, headers["x-tenant"] === "1");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on TCP, so this is where.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

const HEAD = { ":status": 200, "content-type": "application/grpc" };

function find(stream: ServerHttp2Stream, isTenant: boolean): void {
  let trailers: Record<string, string> = { "grpc-status": "0" };
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond(HEAD, { waitForTrailers: true });
  stream.on("data", (chunk: Buffer) => {
    if (isTenant && chunk.subarray(5).toString() === "jason") stream.write(frame("found"));
    else trailers = { "grpc-status": "5", "grpc-message": "nobody" };
  });
  stream.on("end", () => stream.end());
}

function watch(stream: ServerHttp2Stream): void {
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-sum": "1" }));
  stream.respond({ ...HEAD, "x-version": "2" }, { waitForTrailers: true });
  stream.on("data", (chunk: Buffer) => stream.write(frame(chunk.subarray(5).toString())));
  stream.on("end", () => stream.end());
}

/** Length-prefixed, not compressed. */
function frame(message: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(message), 1);
  return Buffer.concat([head, Buffer.from(message)]);
}
