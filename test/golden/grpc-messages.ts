import { connect, createServer } from "node:http2";
import type { Http2Server } from "node:http2";

/** A call with some messages; two come back. Returns the status. */
export function callGrpc(url: string, messages: number): Promise<string> {
  const session = connect(url);
  const call = session.request({
    ":method": "POST",
    ":path": "/grpc/Call",
    "content-type": "application/grpc",
    te: "trailers",
  });
  for (let i = 0; i < messages; i += 1) call.write(frame(i));
  call.end();
  call.resume();
  return new Promise((resolve) => {
    call.on("trailers", (trailers) => resolve(String(trailers["grpc-status"])));
    call.on("close", () => session.close());
  });
}

/** Answers each call with two messages. */
export function grpcServer(): Http2Server {
  return createServer().on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.resume();
    stream.on("end", () => {
      stream.write(Buffer.concat([frame(7), frame(9)]));
      stream.end();
    });
  });
}

/** A gRPC message of some bytes. */
function frame(size: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(size, 1);
  return Buffer.concat([head, Buffer.alloc(size)]);
}
