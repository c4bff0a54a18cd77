import { createHost, LogLevel } from "../../host/src/index.ts";
import type { Header, Host, HostOptions, LoadOptions, Plugin, Stream } from "../../host/src/index.ts";
import { fixtureBytes } from "./build-fixture.ts";

/** A fixture in the in-process host, which answers as Envoy does. */
export interface Bench {
  readonly host: Host;
  readonly plugin: Plugin;
  /** What the module has logged while it came up. */
  readonly started: readonly string[];
  /** What the module has logged since it came up, or since it was asked the last time. */
  readonly lines: () => string[];
  /** Begins a request with the header x-do, and other headers. */
  readonly request: (command: string, ...headers: Header[]) => Stream;
}

export interface BenchOptions extends LoadOptions {
  readonly host?: HostOptions;
}

/** Loads a fixture that must come up. */
export async function inHost(name: string, options: BenchOptions = {}): Promise<Bench> {
  const bytes = new Uint8Array(await fixtureBytes(name));
  const { host: hostOptions = {}, ...load } = options;
  const host = createHost({ logLevel: LogLevel.Info, ...hostOptions });
  const plugin = host.load(bytes, load);
  if (plugin.problem !== undefined) throw new Error(plugin.problem);
  let read = 0;
  const lines = (): string[] => {
    const own = host.logs.slice(read).filter((record) => record.source === "module");
    read = host.logs.length;
    return own.map((record) => record.message);
  };
  return {
    host,
    plugin,
    started: lines(),
    lines,
    request: (command, ...headers) => {
      const stream = plugin.stream({
        requestHeaders: [
          [":method", "GET"],
          [":path", "/"],
          [":scheme", "http"],
          [":authority", "localhost"],
          ["x-do", command],
          ...headers,
        ],
      });
      stream.requestHeaders({ endOfStream: !headers.some(([name]) => name === "x-body") });
      return stream;
    },
  };
}
