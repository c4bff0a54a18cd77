import { HostError } from "../error.ts";
import type { StreamOptions } from "./chain.ts";
import type { FetchOptions } from "./fetch.ts";
import type { Plugin } from "./plugin.ts";
import type { Stream } from "./stream.ts";

/** Which worker serves; without one they take turns. Counted from 0. */
export interface WorkerOptions {
  readonly worker?: number;
}

/**
 * A plugin as an Envoy with several worker threads has it: a VM for each, and one for the main thread. They share what is
 * the host's: shared data, queues, metrics, time. Variables of the module are each worker's own.
 */
export class Workers {
  /** One for each worker. */
  readonly plugins: readonly Plugin[];
  /** The main thread's: it ticks and hears of queues as the others do, and serves no stream. */
  readonly main: Plugin;
  #next = 0;

  /** @private made by `host.workers()` */
  constructor(plugins: readonly Plugin[], main: Plugin) {
    this.plugins = plugins;
    this.main = main;
  }

  /** Why the plugin did not come up, in the canary VM or in any of the workers'. */
  get problem(): string | undefined {
    return [this.main, ...this.plugins].find(({ problem }) => problem !== undefined)?.problem;
  }

  /** A new request, at the worker whose turn it is. */
  stream({ worker, ...options }: StreamOptions & WorkerOptions = {}): Stream {
    return this.#serving(worker).stream(options);
  }

  /** One request, at the worker whose turn it is, as `plugin.fetch`. */
  fetch(request: Request, { worker, ...options }: FetchOptions & WorkerOptions = {}): Promise<Response> {
    return this.#serving(worker).fetch(request, options);
  }

  /** Takes a new configuration everywhere, as `plugin.update`. */
  update(configuration: string | Uint8Array): string | undefined {
    const problem = this.main.update(configuration);
    if (problem !== undefined) return problem;
    for (const plugin of this.plugins) plugin.take(configuration);
    return undefined;
  }

  #serving(worker: number | undefined): Plugin {
    const index = worker ?? this.#next++ % this.plugins.length;
    const plugin = this.plugins[index];
    if (plugin !== undefined) return plugin;
    throw new HostError("use", `there is no worker ${index}; there are 0 to ${this.plugins.length - 1}`);
  }
}
