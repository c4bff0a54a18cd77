import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** What an echo server answers, as JSON. */
export interface Echo {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** A server in the test, on a free loopback port, that answers each request with what it got. */
export async function startEchoServer(): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((request, response) => {
    echo(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a TCP server has an address");
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port: address.port, close };
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const { method = "", url: path = "", headers } = request;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ method, path, headers, body } satisfies Echo));
}
