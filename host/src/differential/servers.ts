import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { toText } from "../abi/bytes.ts";
import { HeaderMap } from "../core/header-map.ts";
import type { CallOut } from "../vm/clusters.ts";
import { rawPairs, type Seen, shownHeaders } from "./observation.ts";
import { BETWEEN_PIECES_MS, type UpstreamOutcome, type UpstreamScript } from "./scenario.ts";

/** A server on a loopback port that does what a function of a scenario says. */
export interface ScriptedServer {
  readonly port: number;
  close(): void;
}

/** Serves a cluster's or the upstream's function over HTTP/1.1. `seen` hears of each request. */
export async function serveScripted(
  cluster: string,
  script: UpstreamScript,
  seen: (request: Seen) => void = () => {},
): Promise<ScriptedServer> {
  const server = createServer((request, response) => {
    // A request that Envoy has reset ends here, which is nobody's fault.
    serve(cluster, script, seen, request, response).catch(() => {});
  });
  // Envoy keeps its connections; one that Node closes when it is idle would reset a later request.
  server.keepAliveTimeout = 0;
  return await listening(server, () => server.closeAllConnections());
}

/** Waits until a server listens on a free loopback port. */
export async function listening(server: Server, closeAll: () => void): Promise<ScriptedServer> {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a TCP server has an address");
  return {
    port: address.port,
    close: () => {
      server.close();
      closeAll();
    },
  };
}

async function serve(
  cluster: string,
  script: UpstreamScript,
  seen: (request: Seen) => void,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  const trailers = rawPairs(request.rawTrailers);
  const { method = "", url: path = "" } = request;
  const authority = request.headers.host ?? "";
  const headers = rawPairs(request.rawHeaders);
  seen({
    method,
    path,
    authority,
    headers: shownHeaders(headers),
    body: toText(body),
    trailers: shownHeaders(trailers),
  });
  const call: CallOut = {
    cluster,
    method,
    path,
    authority,
    headers: new HeaderMap([[":method", method], [":path", path], [":authority", authority], ...headers]),
    body,
    text: toText(body),
    trailers: trailers.length === 0 ? undefined : new HeaderMap(trailers),
    timeoutMs: Number(request.headers["x-envoy-expected-rq-timeout-ms"] ?? 0),
  };
  await act(await script(call), request, response);
}

async function act(outcome: UpstreamOutcome, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!("kind" in outcome)) await reply(outcome, response);
  else if (outcome.kind === "delay") {
    await sleep(outcome.ms);
    await act(outcome.outcome, request, response);
  } else if (outcome.kind === "reset") request.socket.destroy();
  else if (outcome.kind === "cut") {
    plain(response);
    response.writeHead(200, { "content-length": "100" });
    response.write("part");
    await sleep(BETWEEN_PIECES_MS);
    request.socket.destroy();
  }
  // What else there is never answers.
}

async function reply(
  { status = 200, headers = [], body = "", trailers, ...rest }: Exclude<UpstreamOutcome, { kind: string }>,
  response: ServerResponse,
): Promise<void> {
  const chunks = "chunks" in rest ? rest.chunks : undefined;
  const flat = headers.flatMap(([name, value]) => [
    name,
    typeof value === "string" ? value : Buffer.from(value).toString("latin1"),
  ]);
  plain(response);
  const length = Buffer.byteLength(body);
  if (chunks === undefined && trailers === undefined && status !== 204 && status !== 304)
    flat.push("content-length", String(length));
  response.writeHead(status, flat);
  for (const chunk of chunks ?? [body]) {
    if (chunk.length > 0) response.write(chunk);
    if (chunks !== undefined || trailers !== undefined) await sleep(BETWEEN_PIECES_MS);
  }
  if (trailers !== undefined)
    response.addTrailers(trailers.map(([name, value]): [string, string] => [name, String(value)]));
  response.end();
}

/** Nothing that Node would add by itself. */
function plain(response: ServerResponse): void {
  response.sendDate = false;
  response.removeHeader("connection");
}
