import { toText } from "../abi/bytes.ts";
import { BufferType, LogLevel, MapType, MetricType, nameOf, Status, StreamType } from "../abi/numbers.ts";
import { decodePairs } from "../abi/pairs.ts";
import type { Value } from "../core/host-call.ts";

type Table = Readonly<Record<string, number>>;
/** How an argument or a result is read: a number's table, pairs, a property's path, bits of a signed number, or as it is. */
type Reading = Table | "pairs" | "path" | "plain";

/** By host call how its arguments are read; those behind the last one are plain. */
const ARGUMENTS: Readonly<Record<string, readonly Reading[]>> = {
  proxy_log: [LogLevel],
  proxy_get_buffer_bytes: [BufferType],
  proxy_set_buffer_bytes: [BufferType],
  proxy_get_buffer_status: [BufferType],
  proxy_get_header_map_size: [MapType],
  proxy_get_header_map_pairs: [MapType],
  proxy_set_header_map_pairs: [MapType, "pairs"],
  proxy_get_header_map_value: [MapType],
  proxy_add_header_map_value: [MapType],
  proxy_replace_header_map_value: [MapType],
  proxy_remove_header_map_value: [MapType],
  proxy_continue_stream: [StreamType],
  proxy_close_stream: [StreamType],
  proxy_send_local_response: ["plain", "plain", "plain", "pairs"],
  proxy_http_call: ["plain", "pairs", "plain", "pairs"],
  proxy_grpc_call: ["plain", "plain", "plain", "pairs"],
  proxy_grpc_stream: ["plain", "plain", "plain", "pairs"],
  proxy_define_metric: [MetricType],
  proxy_get_property: ["path"],
  proxy_set_property: ["path"],
};
const RESULTS: Readonly<Record<string, readonly Reading[]>> = {
  proxy_get_log_level: [LogLevel],
  proxy_get_header_map_pairs: ["pairs"],
};

export function argumentTexts(name: string, values: readonly Value[]): string[] {
  return values.map((value, index) => valueText(value, ARGUMENTS[name]?.[index] ?? "plain"));
}

export function resultTexts(name: string, values: readonly Value[]): string[] {
  return values.map((value, index) => valueText(value, RESULTS[name]?.[index] ?? "plain"));
}

export function statusText(status: number): string {
  return nameOf(Status, status);
}

/** A value in one line that is the same in every run. */
function valueText(value: Value, reading: Reading): string {
  if (!(value instanceof Uint8Array))
    return typeof reading === "object" ? nameOf(reading, Number(value)) : String(value);
  if (reading === "path") return JSON.stringify(toText(value).replaceAll("\0", "."));
  if (reading === "pairs") return pairsText(value);
  return bytesText(value);
}

function pairsText(bytes: Uint8Array): string {
  const decoded = decodePairs(bytes);
  if (!decoded.ok) return `(no pairs: ${decoded.error}) ${bytesText(bytes)}`;
  const entries = decoded.pairs.map(([key, value]) => `${toText(key)}: ${toText(value)}`);
  return `{${entries.map((entry) => JSON.stringify(entry).slice(1, -1)).join(", ")}}`;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const SHOWN = 256;

/** A byte that no text has: all below the space but tab and line ends. */
function isControl(byte: number): boolean {
  return byte < 0x20 && (byte < 0x09 || byte > 0x0d);
}

/** Text in quotes, anything else in hexadecimal; the beginning of what is long. */
function bytesText(bytes: Uint8Array): string {
  const more = bytes.length > SHOWN ? ` (of ${bytes.length} bytes)` : "";
  try {
    const text = strict.decode(bytes);
    if (!bytes.some(isControl)) return `${JSON.stringify(text.slice(0, SHOWN))}${more}`;
  } catch {
    // No text: shown as bytes.
  }
  return `0x${Buffer.from(bytes.subarray(0, SHOWN)).toString("hex")}${more}`;
}
