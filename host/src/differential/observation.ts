/** What a client gets. */
export interface Got {
  /** `reset` when the connection broke before or within the response, `none` when it hung. */
  readonly status: number | "reset" | "none";
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** What an upstream sees of a request. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** What came of a scenario in one of the two hosts. */
export interface Observation {
  /** The configuration was refused, and nothing else happened. */
  readonly refused: boolean;
  /** What modules logged: the filter's number, the level, the text. */
  readonly logs: readonly string[];
  readonly responses: readonly Got[];
  readonly upstream: readonly Seen[];
  /** By name: a counter's growth, a gauge's value, the number of a histogram's samples. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a refused configuration leaves. */
export const REFUSED: Observation = { refused: true, logs: [], responses: [], upstream: [], metrics: {} };

/** Headers that belong to the connection, or that Envoy adds on its way: they say nothing about filters. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "host",
  "keep-alive",
  "server",
  "transfer-encoding",
  "x-forwarded-proto",
  "x-request-id",
]);

/** Headers as lines, sorted, without those of the connection and the pseudo-headers. */
export function shownHeaders(headers: Iterable<readonly [name: string, value: string]>): string[] {
  return [...headers]
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !FRAMING.has(name) && !name.startsWith(":") && !name.startsWith("x-envoy-"))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
}

/** Node's flat list of headers in pairs. */
export function rawPairs(raw: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) pairs.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return pairs;
}
