import type { MetricRegistry } from "../core/metrics.ts";
import type { LogRecord } from "../core/vm-state.ts";
import type { FetchOptions } from "./fetch.ts";
import type { HostOptions, LoadOptions } from "./host.ts";

/** What a `fetch` goes through, for whoever wants to repeat it elsewhere. */
export interface Fetched {
  /** One and the same for all fetches of the same plugins. */
  readonly chain: object;
  readonly filters: readonly (LoadOptions & { readonly wasm: Uint8Array<ArrayBuffer> })[];
  readonly host: HostOptions;
  readonly logs: readonly LogRecord[];
  readonly metrics: MetricRegistry;
}

/** Stands around every `fetch`: it has to call `run`, which needs a request whose body nobody has read, and give its response. */
export type FetchObserver = (
  fetched: Fetched,
  request: Request,
  options: FetchOptions,
  run: (request: Request) => Promise<Response>,
) => Promise<Response>;

let observer: FetchObserver | undefined;

/** Puts an observer around every `fetch` of this process, in the place of the one before; `undefined` for none. */
export function observeFetches(wanted: FetchObserver | undefined): void {
  observer = wanted;
}

/** The observer, if there is one. */
export function fetchObserver(): FetchObserver | undefined {
  return observer;
}
