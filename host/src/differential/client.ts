import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Got, rawPairs, shownHeaders } from "./observation.ts";
import { BETWEEN_PIECES_MS, headersOf, type ScenarioRequest } from "./scenario.ts";

const RESET: Got = { status: "reset", headers: [], body: "", trailers: [] };
/** A request that takes longer hangs. */
const PATIENCE_MS = 2_500;

/** Sends a request of a scenario to a loopback port, on a connection of its own. Never rejects. */
export function sendReal(port: number, wanted: ScenarioRequest): Promise<Got> {
  return new Promise((resolve) => {
    const { method = "GET", path = "/", authority = "h", body } = wanted;
    const outgoing = httpRequest({ host: "127.0.0.1", port, method, path, agent: false, setHost: false });
    // A method that may have a body has none all the same.
    if (body === undefined) outgoing.useChunkedEncodingByDefault = false;
    outgoing.setHeader("host", authority);
    for (const [name, value] of headersOf(wanted)) outgoing.appendHeader(name, latin1(value));
    if (body !== undefined) outgoing.setHeader("transfer-encoding", "chunked");
    const timer = setTimeout(() => {
      resolve({ ...RESET, status: "none" });
      outgoing.destroy();
    }, PATIENCE_MS);
    outgoing.on("close", () => clearTimeout(timer));
    outgoing.on("error", () => resolve(RESET));
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", () => resolve(RESET));
      response.on("end", () => {
        const trailers = shownHeaders(rawPairs(response.rawTrailers));
        resolve({
          status: response.statusCode ?? 0,
          headers: shownHeaders(rawPairs(response.rawHeaders)),
          body: text,
          trailers,
        });
      });
    });
    void write(outgoing, wanted);
  });
}

async function write(outgoing: ReturnType<typeof httpRequest>, { body, trailers }: ScenarioRequest): Promise<void> {
  for (const piece of body ?? []) {
    if (piece.length > 0) outgoing.write(piece);
    await sleep(BETWEEN_PIECES_MS);
  }
  if (trailers !== undefined) outgoing.addTrailers(trailers);
  outgoing.end();
}

function latin1(value: string | Uint8Array): string {
  return typeof value === "string" ? value : Buffer.from(value).toString("latin1");
}
