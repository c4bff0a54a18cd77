import { concat, toBytes, toText } from "../abi/bytes.ts";
import type { Pair } from "../abi/pairs.ts";

/** A header as people write it: text, or bytes where a value is no UTF-8. */
export type Header = readonly [name: string, value: string | Uint8Array];

/** A value stays text until a module asks for its bytes: most are never read. */
interface Entry {
  readonly name: string;
  value: string | Uint8Array;
}

/** What the headers belong to. Of a request's and a response's, Envoy keeps some once only. */
export type MapKind = "request" | "response" | "other";

/** Headers or trailers with Envoy's rules: names in lower case, in order, pseudo-headers first, duplicates kept. */
export class HeaderMap {
  readonly #kind: MapKind;
  #entries: Entry[] = [];

  constructor(headers: readonly Header[] = [], kind: MapKind = "other") {
    this.#kind = kind;
    for (const [name, value] of headers) this.add(name, value);
  }

  /** The first value of that name. */
  get(name: string): Uint8Array | undefined {
    const entry = this.#first(name);
    return entry === undefined ? undefined : bytesOf(entry);
  }

  /** As `get`, as text. */
  text(name: string): string | undefined {
    const entry = this.#first(name);
    return entry === undefined ? undefined : textOf(entry);
  }

  add(name: string, value: string | Uint8Array): void {
    const entry = { name: this.#nameOf(name), value };
    const held = this.#kind !== "other" && KEPT_ONCE[this.#kind].has(entry.name) ? this.#first(entry.name) : undefined;
    if (held !== undefined) {
      held.value = concat(concat(bytesOf(held), COMMA), toBytes(value));
      return;
    }
    const firstRegular = entry.name.startsWith(":")
      ? this.#entries.findIndex((other) => !other.name.startsWith(":"))
      : -1;
    if (firstRegular >= 0) this.#entries.splice(firstRegular, 0, entry);
    else this.#entries.push(entry);
  }

  /** Puts one value in the place of all of that name. */
  replace(name: string, value: string | Uint8Array): void {
    this.remove(name);
    this.add(name, value);
  }

  remove(name: string): void {
    const unwanted = this.#nameOf(name);
    if (this.#first(unwanted) === undefined) return;
    this.#entries = this.#entries.filter((entry) => entry.name !== unwanted);
  }

  /** Puts these pairs in the place of everything. */
  assign(pairs: readonly Pair[]): void {
    this.#entries = [];
    for (const [name, value] of pairs) this.add(toText(name), value);
  }

  /** As it is now, whatever happens to this one. */
  clone(): HeaderMap {
    const copy = new HeaderMap([], this.#kind);
    copy.#entries = this.#entries.map((entry) => ({ ...entry }));
    return copy;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Bytes of all names and values, which is what proxy_get_header_map_size tells. */
  get byteSize(): number {
    return this.#entries.reduce((sum, entry) => sum + toBytes(entry.name).length + bytesOf(entry).length, 0);
  }

  pairs(): Pair[] {
    return this.#entries.map((entry) => [toBytes(entry.name), bytesOf(entry)]);
  }

  /** Everything as text, for assertions. */
  toArray(): [name: string, value: string][] {
    return this.#entries.map((entry) => [entry.name, textOf(entry)]);
  }

  #first(name: string): Entry | undefined {
    const wanted = this.#nameOf(name);
    for (const entry of this.#entries) if (entry.name === wanted) return entry;
    return undefined;
  }

  /** `host` of a request is another name of its authority. */
  #nameOf(name: string): string {
    const lower = name.toLowerCase();
    return lower === "host" && this.#kind === "request" ? ":authority" : lower;
  }
}

const COMMA = toBytes(",");
const BOTH =
  "connection content-length content-type grpc-message grpc-status keep-alive proxy-connection transfer-encoding upgrade via cache-control";
/** Names of which a second value is joined to the first by a comma: Envoy has one place for each. */
const KEPT_ONCE: Readonly<Record<"request" | "response", ReadonlySet<string>>> = {
  request: new Set(
    `${BOTH} :authority :method :path :protocol :scheme accept accept-encoding authorization expect grpc-timeout origin
    referer te user-agent x-client-trace-id x-envoy-original-path x-forwarded-for x-forwarded-host x-forwarded-port
    x-forwarded-proto x-request-id`.split(/\s+/),
  ),
  response: new Set(
    `${BOTH} :status access-control-allow-origin content-encoding date etag location proxy-status server vary
    x-request-id`.split(/\s+/),
  ),
};

function bytesOf(entry: Entry): Uint8Array {
  if (typeof entry.value === "string") entry.value = toBytes(entry.value);
  return entry.value;
}

function textOf({ value }: Entry): string {
  return typeof value === "string" ? value : toText(value);
}
