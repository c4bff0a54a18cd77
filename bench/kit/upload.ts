import { connect, type Socket } from "node:net";
import type { LoadOptions, LoadResult } from "@sluice/host/measure";

/** A body in chunks: over HTTP/2, where Envoy gives each DATA frame to its filters by itself. */
export interface UploadOptions extends Pick<LoadOptions, "port" | "requests" | "connections"> {
  readonly chunks: number;
  readonly chunkSize: number;
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const FRAME_HEAD = 9;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;

/** Like `sendLoad`, with a body to each request; any answer but a 200 is unexpected. */
export async function sendUploads(options: UploadOptions): Promise<LoadResult> {
  const share = Math.floor(options.requests / options.connections);
  const results = await Promise.all(Array.from({ length: options.connections }, () => oneConnection(options, share)));
  return {
    requests: results.reduce((sum, result) => sum + result.requests, 0),
    unexpected: results.reduce((sum, result) => sum + result.unexpected, 0),
  };
}

function oneConnection(options: UploadOptions, count: number): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port: options.port, host: "127.0.0.1", noDelay: true });
    let done = 0;
    let unexpected = 0;
    let pending: Buffer = Buffer.alloc(0);
    const ask = (): void => {
      socket.write(requestFrames(done * 2 + 1, options));
    };
    const answered = (): void => {
      done += 1;
      if (done < count) ask();
      else {
        socket.end();
        resolve({ requests: done, unexpected });
      }
    };
    socket.on("connect", () => {
      socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, Buffer.alloc(0))]));
      ask();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      if (done < count) reject(new Error(`connection closed after ${done} of ${count} answers`));
    });
    socket.on("data", (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (let next = takeFrame(pending); next !== undefined; next = takeFrame(pending)) {
        pending = pending.subarray(FRAME_HEAD + next.payload.length);
        if (next.type === SETTINGS && (next.flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
        // 0x88 is HPACK's static entry for `:status: 200`.
        if (next.type === HEADERS && next.payload[0] !== 0x88) unexpected += 1;
        if (next.type === RST_STREAM || next.type === GOAWAY) socket.destroy(new Error("the stream was reset"));
        if ((next.type === HEADERS || next.type === DATA) && (next.flags & END_STREAM) !== 0) answered();
      }
    });
  });
}

/** `POST /` to the authority `bench`, in HPACK's static table and literals that stay out of the dynamic one. */
const HEADER_BLOCK = Buffer.concat([Buffer.from([0x83, 0x84, 0x86, 0x01, 0x05]), Buffer.from("bench", "latin1")]);

function requestFrames(stream: number, { chunks, chunkSize }: UploadOptions): Buffer {
  const chunk = Buffer.alloc(chunkSize, "x");
  const data = Array.from({ length: chunks }, (_, index) =>
    frame(DATA, index === chunks - 1 ? END_STREAM : 0, stream, chunk),
  );
  return Buffer.concat([frame(HEADERS, END_HEADERS, stream, HEADER_BLOCK), ...data]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function takeFrame(bytes: Buffer): { type: number; flags: number; payload: Buffer } | undefined {
  if (bytes.length < FRAME_HEAD) return undefined;
  const length = bytes.readUIntBE(0, 3);
  if (bytes.length < FRAME_HEAD + length) return undefined;
  return {
    type: bytes.readUInt8(3),
    flags: bytes.readUInt8(4),
    payload: bytes.subarray(FRAME_HEAD, FRAME_HEAD + length),
  };
}
