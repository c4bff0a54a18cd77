import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import { envoyIfAny } from "../../host/src/fixtures/real-envoy.ts";
import { buildFilters } from "../../cli/src/build/index.ts";

const root = join(import.meta.dirname, "..", "..");
const modules = join(root, ".build", "filters");
const type = (name: string): string => `type.googleapis.com/envoy.extensions.filters.${name}`;

/** The modules that ship, brought up to date. */
export async function buildModules(): Promise<void> {
  const results = await buildFilters({ filtersFolder: join(root, "filters"), outFolder: modules, root });
  const failed = results.filter(({ ok }) => !ok);
  if (failed.length > 0) throw new Error(JSON.stringify(failed));
}

export type FilterName = "authorization" | "fault" | "headers" | "telemetry";

/** One of our filters in its module, on for every route unless it is `disabled`, with a program as its configuration. */
export function filter(name: FilterName, program: Uint8Array = new Uint8Array(), disabled = false): object {
  const value = Buffer.from(program).toString("base64");
  const config = {
    name: `sluice.${name}`,
    configuration: { "@type": "type.googleapis.com/google.protobuf.BytesValue", value },
    vm_config: {
      vm_id: `sluice.${name}`,
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: join(modules, `${name}.wasm`) } },
    },
  };
  return { name: `sluice.${name}`, disabled, typed_config: { "@type": type("http.wasm.v3.Wasm"), config } };
}

/** A listener of a real Envoy with these filters and this route configuration, and the program behind it. */
export interface EnvoyUnderTest {
  readonly envoy: RunningEnvoy;
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts an Envoy whose `clusters` all lead to one program, which answers with the request that it got: its URL and its
 * headers, as JSON. Undefined where this machine has no Envoy; with CI=true that is an error.
 */
export async function startEnvoy(
  ports: { readonly envoy: number; readonly program: number },
  filters: readonly object[],
  routes: object,
  clusters: readonly string[] = [],
): Promise<EnvoyUnderTest | undefined> {
  const found = await envoyIfAny();
  if (found === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  const envoy = await startEnvoyProcess({
    binary: found.path,
    config: bootstrap(ports, filters, routes, clusters),
    logFile: join(folder, "envoy.log"),
    ready: { listeners: ["test"] },
  });
  const program = await echo(ports.program);
  return {
    envoy,
    url: `http://127.0.0.1:${ports.envoy}`,
    stop: async () => {
      await envoy.stop();
      program.closeAllConnections();
      program.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function echo(port: number): Promise<Server> {
  const server = createServer(({ url, headers }, answer) => answer.end(JSON.stringify({ url, headers })));
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function bootstrap(
  ports: { readonly envoy: number; readonly program: number },
  filters: readonly object[],
  routes: object,
  clusters: readonly string[],
): object {
  const router = { name: "envoy.filters.http.router", typed_config: { "@type": type("http.router.v3.Router") } };
  const manager = {
    "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "test",
    route_config: routes,
    http_filters: [...filters, router],
  };
  const endpoint = { address: address(ports.program) };
  return {
    static_resources: {
      listeners: [
        {
          name: "test",
          address: address(ports.envoy),
          filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
        },
      ],
      clusters: clusters.map((name) => ({
        name,
        load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
      })),
    },
  };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
