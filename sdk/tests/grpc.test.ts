import { beforeAll, describe, expect, it } from "vitest";
import type { GrpcServer, GrpcServerStream } from "../../host/src/index.ts";
import { fixtureBytes } from "./build-fixture.ts";
import { inHost } from "./in-host.ts";
import type { Bench } from "./in-host.ts";

beforeAll(() => fixtureBytes("whole"), 120_000);

const bench = (server: GrpcServer): Promise<Bench> => inHost("whole", { host: { grpc: { rpc: server } } });

describe("gRPC calls", () => {
  it("carry service, method, metadata, message and time-out, and bring the answer", async () => {
    const seen: object[] = [];
    const unary: GrpcServer["unary"] = ({ service, method, metadata, message, timeoutMs }) => {
      seen.push({ service, method, x: metadata.text("x-m"), message: Buffer.from(message).toString(), timeoutMs });
      return { message: "pong" };
    };
    const { host, request, lines } = await bench({ unary });
    request("grpc-call");
    host.settle();
    expect(seen).toEqual([{ service: "pkg.Service", method: "Check", x: "v", message: "ping", timeoutMs: 100 }]);
    expect(lines()).toEqual(["message 4 pong"]);
  });

  it("tell why they failed", async () => {
    const { host, request, lines } = await bench({ unary: () => ({ status: 7, statusMessage: "not you" }) });
    request("grpc-call");
    host.settle();
    expect(lines()).toEqual([expect.stringMatching(/^closed 7 7 not you/)]);
  });

  it("are cancelled once", async () => {
    const { host, request, lines } = await bench({ unary: () => ({ message: "pong" }) });
    request("grpc-cancel");
    host.settle();
    expect(lines()).toEqual(["cancel 0 1"]);
  });
});

describe("gRPC streams", () => {
  it("send and receive messages and metadata, and end", async () => {
    const received: string[] = [];
    let server: GrpcServerStream | undefined;
    const { host, request, lines } = await bench({
      stream: (stream) => {
        server = stream;
        stream.onMessage = (message) => received.push(Buffer.from(message).toString());
        stream.onClose = (how) => received.push(how);
      },
    });
    request("grpc-stream");
    host.settle();
    server?.initialMetadata([["x-initial", "i"]]);
    server?.send("first");
    server?.send("bye");
    host.settle();
    server?.close(0, "", [["x-trailing", "t"]]);
    host.settle();
    expect(received).toEqual(["hello", "closed"]);
    expect(lines()).toEqual([
      "send 0",
      "initial 1 i",
      "message 5 first",
      "message 3 bye",
      "trailing 1 t",
      expect.stringMatching(/^closed 0 0 /),
    ]);
  });

  it("are cancelled when their HTTP stream is gone", async () => {
    const ends: string[] = [];
    let server: GrpcServerStream | undefined;
    const { host, request, lines } = await bench({
      stream: (stream) => {
        server = stream;
        stream.onClose = (how) => ends.push(how);
      },
    });
    const stream = request("grpc-stream");
    host.settle();
    stream.complete();
    server?.send("late");
    host.settle();
    expect(ends).toEqual(["cancelled"]);
    expect(lines()).toEqual(["send 0", "done"]);
  });
});
