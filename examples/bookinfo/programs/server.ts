/** What the programs share: a JSON server on PORT, and calls to other services through the sidecar. */
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Handler = (request: IncomingMessage, url: URL) => Reply | Promise<Reply>;

const MAX_BODY_BYTES = 64 * 1024;

/** A JSON answer, on one line that ends with a newline, so that it reads well in a terminal. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: `${JSON.stringify(value)}\n` };
}

export function notFound(): Reply {
  return json(404, { error: "There is nothing at this address" });
}

/** The request's body as JSON, or undefined where it is not JSON or longer than 64 KiB. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  return parseJson(text);
}

/** JSON, or undefined: what other programs send is never trusted to be well-formed. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Serves on 127.0.0.1:$PORT and answers GET /healthz itself. */
export function serve(name: string, handle: Handler): void {
  const port = Number(process.env["PORT"]);
  if (!Number.isInteger(port) || port <= 0) {
    process.stderr.write(`${name}: set PORT to the port to listen on\n`);
    process.exit(2);
  }
  const server = createServer((request, response) => {
    respond(handle, request, response).catch((error: unknown) => process.stderr.write(`${name}: ${String(error)}\n`));
  });
  // Longer than any sidecar keeps an idle connection, so that it is never the program that closes one in use.
  server.keepAliveTimeout = 600_000;
  server.listen(port, "127.0.0.1", () => process.stdout.write(`${name} listens on 127.0.0.1:${port}\n`));
}

async function respond(handle: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await answer(handle, request);
  response.writeHead(reply.status, { "x-powered-by": "bookinfo", ...reply.headers }).end(reply.body);
  process.stdout.write(`${request.method} ${request.url} ${reply.status}\n`);
}

async function answer(handle: Handler, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/healthz") return json(200, { status: "ok" });
  try {
    return await handle(request, url);
  } catch (error) {
    return json(500, { error: `Unexpected: ${String(error)}` });
  }
}

/** Headers that follow a request through all services: who asks, and what ties its spans and logs together. */
export function propagated(headers: IncomingHttpHeaders): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && isPropagated(name)) result[name] = value;
  }
  return result;
}

const PROPAGATED = new Set(["end-user", "x-request-id", "traceparent", "tracestate", "user-agent", "b3"]);

function isPropagated(name: string): boolean {
  return PROPAGATED.has(name) || name.startsWith("x-b3-");
}
