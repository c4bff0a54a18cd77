import { InvalidArgumentError, Option } from "commander";
import type { FilterKind } from "../dev/envoy-config.ts";
import type { FilterLevel } from "../dev/session.ts";
import { parseCluster, parseUpstream } from "../dev/upstream.ts";
import type { Upstream } from "../dev/upstream.ts";
import { parsePort } from "./context.ts";
import type { Verb } from "./verb.ts";

const DEFAULT_PORT = 10_000;

export const devVerb: Verb = {
  name: "dev",
  group: "Write a filter",
  summary: "run a filter in Envoy, and exchange it whenever its source is saved",
  about: `Starts Envoy with the filter in front of the upstream, or of a server that answers with the request it got. Save a source
file: the new code runs within a second, and no request fails. A build error leaves the last good module running. The
filter's log and its metrics are shown as they come.
Keys: r exchanges the filter's VM, l takes the next log level (info, debug, trace, warning, error), q quits.
Envoy runs as a process on Linux; elsewhere, and with --container, in a container on the host's network, which Docker
Desktop has to be told to allow.`,
  examples: [
    ["sluice dev", "the project in this folder, in front of an echo"],
    ["sluice dev --upstream http://127.0.0.1:8080", "in front of a server of yours"],
    ["sluice dev --config @config.json", "with a configuration; saving that file counts too"],
    ["sluice dev target/filter.wasm", "a module in any language, when its own build has written it"],
    ["sluice dev --cluster auth=http://127.0.0.1:9000", "a cluster for the filter's call-outs"],
  ],
  exitCodes: {
    0: "stopped as asked",
    1: "Envoy could not start, or ended by itself",
    2: "wrong usage, or no such file",
  },
  define: (command, { terminal }) =>
    command
      .argument("[file]", "the filter's source, or a module; default: the project's entry")
      .option("--upstream <url>", "http://, https:// or tcp://", readUpstream)
      .option("--cluster <name=url>", "a cluster for call-outs; may be given several times", addCluster, [])
      .option("--config <text|@file>", "the plugin's configuration")
      .option("--root-id <name>", "the root id, for a module with several plugins", "")
      .option("--port <port>", "where Envoy listens, on loopback", parsePort, DEFAULT_PORT)
      .addOption(
        new Option("--log-level <level>", "of the filter")
          .choices(["trace", "debug", "info", "warning", "error"])
          .default("info"),
      )
      .addOption(new Option("--kind <kind>", "default: what the module's exports say").choices(["http", "tcp"]))
      .option("--release", "compile as for release: slower to build, faster to run", false)
      .option("--container", "run Envoy in a container", false)
      .action(async (file: string | undefined, flags: DevFlags) => {
        const { runDev } = await import("../dev/run.ts");
        const { upstream, cluster, config, kind, logLevel, ...same } = flags;
        const options = { file, upstream, clusters: cluster, config, kind, level: logLevel, ...same };
        await runDev(options, terminal, process.stdin);
      }),
};

interface DevFlags {
  readonly upstream?: Upstream;
  readonly cluster: readonly Upstream[];
  readonly config?: string;
  readonly rootId: string;
  readonly port: number;
  readonly logLevel: FilterLevel;
  readonly kind?: FilterKind;
  readonly release: boolean;
  readonly container: boolean;
}

function readUpstream(text: string): Upstream {
  return valueOf(parseUpstream(text));
}

function addCluster(text: string, clusters: readonly Upstream[]): readonly Upstream[] {
  return [...clusters, valueOf(parseCluster(text))];
}

/** For commander: a string is what is wrong. */
function valueOf(read: Upstream | string): Upstream {
  if (typeof read === "string") throw new InvalidArgumentError(`${read}.`);
  return read;
}
