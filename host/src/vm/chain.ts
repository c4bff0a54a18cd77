import type { PropertyTree } from "../abi/property.ts";
import type { SharedStream } from "../core/contexts.ts";
import { type Header, HeaderMap } from "../core/header-map.ts";
import { HttpChain } from "../core/http-chain.ts";
import { HostError } from "../error.ts";
import { fetchThrough, type FetchOptions } from "./fetch.ts";
import { type Fetched, fetchObserver } from "./fetch-observer.ts";
import type { Plugin } from "./plugin.ts";
import { Stream } from "./stream.ts";

/** What a stream starts with. */
export interface StreamOptions {
  /** Default: `GET /` of the authority `localhost`. */
  readonly requestHeaders?: readonly Header[];
  /** Beside those that follow from the headers; these win. */
  readonly properties?: PropertyTree;
}

/** What a chain needs of its host. */
export interface ChainWorld {
  readonly now: () => bigint;
  readonly bufferLimit: number;
  /** Lets host time go to the next thing that is due, if that is within the limit. */
  readonly advanceToNext: (limitNs: bigint) => boolean;
  /** What a `fetch` goes through, for an observer. */
  readonly fetched: () => Fetched;
}

const DEFAULT_REQUEST: readonly Header[] = [
  [":method", "GET"],
  [":path", "/"],
  [":scheme", "http"],
  [":authority", "localhost"],
];

/** Plugins in the order in which a request passes them; a response passes them in reverse. */
export class Chain {
  readonly plugins: readonly Plugin[];
  readonly #world: ChainWorld;

  /** @private made by `host.chain()` */
  constructor(plugins: readonly Plugin[], world: ChainWorld) {
    this.plugins = plugins;
    this.#world = world;
  }

  /** A new request. Throws HostError `use` for a plugin that did not come up. */
  stream(options: StreamOptions = {}): Stream {
    const broken = this.plugins.find((plugin) => plugin.problem !== undefined);
    if (broken !== undefined) throw new HostError("use", `the plugin does not serve: ${broken.problem}`);
    const shared: SharedStream = {
      all: { requestHeaders: new HeaderMap(options.requestHeaders ?? DEFAULT_REQUEST, "request") },
      startNs: this.#world.now(),
      endNs: undefined,
      filterState: new Map(),
      requestSize: 0,
      responseSize: 0,
      codeDetails: undefined,
    };
    const filters = this.plugins.map((plugin) => plugin.filter(shared, options.properties ?? {}));
    return new Stream(new HttpChain(filters, shared, this.#world.bufferLimit), this.#world.now);
  }

  /**
   * One request from its beginning to its end, through the filters to a scripted upstream and back. Host time goes on as far
   * as call-outs and ticks need it to. Rejects with HostError `use` when a filter holds the request back for ever, and with
   * `reset` when it resets the stream.
   */
  fetch(request: Request, options: FetchOptions = {}): Promise<Response> {
    const observer = fetchObserver();
    const run = (wanted: Request): Promise<Response> =>
      fetchThrough((start) => this.stream(start), this.#world, wanted, options, observer !== undefined);
    return observer === undefined ? run(request) : observer(this.#world.fetched(), request, options, run);
  }
}
