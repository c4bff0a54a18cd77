import { Argument, Option } from "commander";
import { toJson } from "./output-option.ts";
import { parsePort } from "./context.ts";
import type { Verb } from "./verb.ts";
import { DEFAULT_SERVER } from "../mesh/reach.ts";
import type { ResourceFilter } from "../proxy-config/filter.ts";

const TYPES = ["listener", "route", "cluster", "endpoint", "extension", "secret", "all"];

export const proxyConfigVerb: Verb = {
  name: "proxy-config",
  group: "Run a mesh",
  summary: "what a proxy was sent, what it runs, and where the two differ",
  about: `SENT     SYNCED: acknowledged; STALE: not yet; ERROR: refused, and what went before stands in for it
RUNNING  what the Envoy itself says: same, differs, missing or extra; it tells nothing of endpoints
FROM     the object whose rule made it`,
  examples: [
    ["sluice proxy-config route productpage-v1.bookinfo", ""],
    ["sluice proxy-config cluster productpage-v1 --fqdn reviews --subset v2", "the namespace may be left out"],
    ["sluice proxy-config listener istio-ingressgateway --port 8080 -o json", "all of it, as Envoy has it"],
    ["sluice proxy-config all reviews-v1.bookinfo --admin 127.0.0.1:15000", ""],
  ],
  exitCodes: { 0: "it is printed", 2: "no such proxy, or no control plane answers" },
  define: (command, { terminal }) =>
    command
      .alias("pc")
      .addArgument(new Argument("<type>", "which resources").choices(TYPES))
      .argument("<proxy>", "NAME.NAMESPACE, or NAME where that is clear")
      .option("--name <name>", "this resource")
      .option("--port <port>", "of this port", parsePort)
      .option("--fqdn <host>", "of this host, whole or its first labels")
      .option("--subset <name>", "clusters and endpoints of this subset")
      .addOption(new Option("--direction <way>", "to the program or from it").choices(["inbound", "outbound"]))
      .option("--admin <host:port>", "the proxy's admin interface (default: as `sluice up` wrote it down)")
      .option("--server <url>", "the control plane's HTTP API", DEFAULT_SERVER)
      .addOption(
        new Option("-o, --output <format>", "how to print it").choices(["text", "json", "yaml"]).default("text"),
      )
      .action(async (type: string, name: string, flags: ProxyConfigFlags) => {
        const { ask, fullProxyId } = await import("../mesh/reach.ts");
        const { formatProxy } = await import("../proxy-config/format.ts");
        const { isWanted } = await import("../proxy-config/filter.ts");
        const { readProxy } = await import("../proxy-config/read.ts");
        const kind = type === "all" ? undefined : type;
        const { admin, server, output, ...filter } = flags;
        const view = await ask(server, async (api) => readProxy(api, await fullProxyId(api, name), kind, admin));
        const resources = view.resources.filter((resource) => isWanted(resource, filter));
        if (output === "json") terminal.line(toJson(resources));
        else if (output === "yaml") terminal.line((await import("yaml")).stringify(resources).trimEnd());
        else terminal.line(formatProxy({ ...view, resources }, terminal.style));
      }),
};

interface ProxyConfigFlags extends ResourceFilter {
  readonly admin?: string;
  readonly server: string;
  readonly output: "text" | "json" | "yaml";
}
