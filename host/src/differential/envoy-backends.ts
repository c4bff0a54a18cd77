import { serveGrpcScripted } from "./grpc-server.ts";
import type { Seen } from "./observation.ts";
import { cluster } from "./resources.ts";
import type { Scenario } from "./scenario.ts";
import { type ScriptedServer, serveScripted } from "./servers.ts";

/** The servers behind an Envoy: upstreams and the clusters of call-outs, each a function of a scenario. */
export class EnvoyBackends {
  readonly #servers: ScriptedServer[] = [];
  readonly #clusters = new Map<string, { readonly script: unknown; readonly resource: object }>();

  /** Whether a scenario's clusters can be beside those that are there: one name is one function. */
  fits(scenario: Scenario): boolean {
    const scripts = Object.entries({ ...scenario.clusters, ...scenario.grpc });
    return scripts.every(([name, script]) => (this.#clusters.get(name)?.script ?? script) === script);
  }

  /** All clusters as Envoy's resources. */
  get resources(): readonly object[] {
    return [...this.#clusters.values()].map(({ resource }) => resource);
  }

  /** Starts what a scenario needs; `see` is told of each request at its upstream. Gives the upstream's cluster. */
  async add(key: string, scenario: Scenario, see: (request: Seen) => void): Promise<string> {
    for (const [name, script] of Object.entries(scenario.clusters ?? {})) {
      await this.#cluster(name, script, "http1", async () => await serveScripted(name, script));
    }
    for (const [name, script] of Object.entries(scenario.grpc ?? {})) {
      await this.#cluster(name, script, "http2", async () => await serveGrpcScripted(script));
    }
    const upstream = `upstream-${key}`;
    const script = scenario.upstream ?? (() => ({ body: "hi" }));
    await this.#cluster(upstream, key, "http1", async () => await serveScripted(upstream, script, see));
    return upstream;
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }

  async #cluster(
    name: string,
    script: unknown,
    protocol: "http1" | "http2",
    serve: () => Promise<ScriptedServer>,
  ): Promise<void> {
    if (this.#clusters.has(name)) return;
    const server = await serve();
    this.#servers.push(server);
    this.#clusters.set(name, { script, resource: cluster(name, server.port, protocol) });
  }
}
