import type { Asker, ConnectionQuestion, Question, Unanswerable } from "../explain/types.ts";

type Query = Readonly<Record<string, readonly string[]>>;

/** The question in the query of GET /explain: `method`, `url`, `header` (`NAME: VALUE`, repeated), and who asks. */
export function questionIn(query: Query): Question | Unanswerable {
  const { method: [method = "GET"] = [], url: [text = ""] = [] } = query;
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    return { problem: "url must be http://HOST:PORT/PATH" };
  const headers = (query["header"] ?? []).map((header) => /^(:?[^:\s]+)\s*:\s*(.*)$/.exec(header));
  if (headers.includes(null)) return { problem: "header must be NAME: VALUE" };
  return { method, url, headers: headers.map((parts) => [parts?.[1] ?? "", parts?.[2] ?? ""]), ...askerIn(query) };
}

/** The question in the query of GET /explain/connection: `host`, `port`, `sni` ("" for TLS without a name), and who asks. */
export function connectionQuestionIn(query: Query): ConnectionQuestion | Unanswerable {
  const { host: [host = ""] = [], port: [text = ""] = [], sni: [sni] = [] } = query;
  const port = Number(text);
  if (host === "") return { problem: "host is required" };
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) return { problem: "port must be from 1 to 65535" };
  return { host, port, ...(sni === undefined ? {} : { sni }), ...askerIn(query) };
}

/** `from`, `gateway`, `principal`, `source-ip`. */
function askerIn(query: Query): Asker {
  const { from: [from] = [], gateway: [gateway] = [], principal: [principal] = [] } = query;
  const [sourceIp] = query["source-ip"] ?? [];
  return {
    ...(from === undefined ? {} : { from }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(principal === undefined ? {} : { principal }),
    ...(sourceIp === undefined ? {} : { sourceIp }),
  };
}
