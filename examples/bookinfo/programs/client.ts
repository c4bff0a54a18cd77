/** Calls to other services by their host names, through the program's own sidecar. */
import { Agent, request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { parseJson, propagated } from "./server.ts";

/** What came back. A call never throws: status 0 with `error` says that no answer came at all. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: unknown;
  readonly error?: string;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: string;
  readonly timeoutMs?: number;
}

const agent = new Agent({ keepAlive: true });

/**
 * Sends a request in absolute form (`GET http://reviews:9080/reviews/0`) to the sidecar that HTTP_PROXY names, which
 * chooses the instance; without HTTP_PROXY it goes straight to the host.
 */
export function call(url: string, incoming: IncomingHttpHeaders, options: CallOptions = {}): Promise<Answer> {
  const target = new URL(url);
  const proxy = process.env["HTTP_PROXY"];
  const peer = proxy === undefined || proxy === "" ? target : new URL(proxy);
  const body = options.body ?? "";
  const headers = {
    ...propagated(incoming),
    host: target.host,
    ...(body === "" ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
  };
  return new Promise((resolve) => {
    const fail = (error: Error): void =>
      resolve({ status: 0, headers: {}, text: "", body: undefined, error: error.message });
    const outgoing = httpRequest({
      agent,
      hostname: peer.hostname,
      port: peer.port === "" ? 80 : peer.port,
      method: options.method ?? "GET",
      path: peer === target ? `${target.pathname}${target.search}` : target.href,
      headers,
      timeout: options.timeoutMs ?? 10_000,
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.on("error", fail);
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parseJson(text) }),
      );
    });
    outgoing.end(body);
  });
}

/** What a reader sees where another service did not answer well: data, with the status that came. */
export interface Unavailable {
  readonly error: string;
  readonly status: number;
}

export function unavailable(what: string, answer: Answer): Unavailable {
  return { error: `${what} is currently unavailable`, status: answer.status };
}

/** A value parsed from JSON as an object whose fields are still unknown; {} for anything else. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
