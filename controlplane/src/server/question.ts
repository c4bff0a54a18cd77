import type { Question, Unanswerable } from "../explain/types.ts";

/** The question in the query of GET /explain: `method`, `url`, `header` (`NAME: VALUE`, repeated), `from`, `gateway`. */
export function questionIn(query: Readonly<Record<string, readonly string[]>>): Question | Unanswerable {
  const { method: [method = "GET"] = [], url: [text = ""] = [], from: [from] = [], gateway: [gateway] = [] } = query;
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    return { problem: "url must be http://HOST:PORT/PATH" };
  const headers = (query["header"] ?? []).map((header) => /^(:?[^:\s]+)\s*:\s*(.*)$/.exec(header));
  if (headers.includes(null)) return { problem: "header must be NAME: VALUE" };
  return {
    method,
    url,
    headers: headers.map((parts) => [parts?.[1] ?? "", parts?.[2] ?? ""]),
    ...(from === undefined ? {} : { from }),
    ...(gateway === undefined ? {} : { gateway }),
  };
}
