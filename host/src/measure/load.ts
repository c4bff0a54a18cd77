import { connect, type Socket } from "node:net";

/** What one round of load did. */
export interface LoadResult {
  readonly requests: number;
  /** Answers whose status line was not the expected one. */
  readonly unexpected: number;
}

export interface LoadOptions {
  readonly port: number;
  /** The whole request head, ending in an empty line; requests have no body. */
  readonly request: string;
  readonly requests: number;
  readonly connections: number;
  /** How an answer must begin, for example `HTTP/1.1 200`. */
  readonly expect: string;
  /** Called with each whole answer. */
  readonly onAnswer?: (text: string) => void;
}

/**
 * Sends a fixed number of requests over keep-alive connections to a server on loopback, one at a time on each
 * connection. The client is as plain as it can be because it shares the machine with what is measured; its own cost is
 * not part of the figure, which is the CPU time of Envoy's worker thread.
 */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const share = Math.floor(options.requests / options.connections);
  const results = await Promise.all(Array.from({ length: options.connections }, () => oneConnection(options, share)));
  return {
    requests: results.reduce((sum, result) => sum + result.requests, 0),
    unexpected: results.reduce((sum, result) => sum + result.unexpected, 0),
  };
}

function oneConnection(options: LoadOptions, count: number): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(options.request, "latin1");
    const socket: Socket = connect({ port: options.port, host: "127.0.0.1", noDelay: true });
    let done = 0;
    let unexpected = 0;
    let pending = "";
    socket.setEncoding("latin1");
    socket.on("connect", () => socket.write(bytes));
    socket.on("error", reject);
    socket.on("close", () => {
      if (done < count) reject(new Error(`connection closed after ${done} of ${count} answers`));
    });
    socket.on("data", (chunk: string) => {
      pending += chunk;
      const end = answerEnd(pending);
      if (end < 0) return;
      if (!pending.startsWith(options.expect)) unexpected += 1;
      options.onAnswer?.(pending.slice(0, end));
      pending = pending.slice(end);
      done += 1;
      if (done < count) socket.write(bytes);
      else {
        socket.end();
        resolve({ requests: done, unexpected });
      }
    });
  });
}

/** Index just behind the first whole answer in the text, or -1; answers carry a content-length or no body. */
function answerEnd(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return -1;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2));
  const end = head + 4 + Number(length?.[1] ?? 0);
  return text.length >= end ? end : -1;
}
