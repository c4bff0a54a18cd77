import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromJson } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { createRegistry } from "@bufbuild/protobuf";
import { findEnvoy, startEnvoyProcess, type RunningEnvoy } from "@sluice/host";
import { ClusterSchema } from "../../controlplane/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../../controlplane/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../../controlplane/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../controlplane/gen/envoy/config/route/v3/route_pb.js";
import { RouterSchema } from "../../controlplane/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { HttpConnectionManagerSchema } from "../../controlplane/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { FleetListener, FleetOptions } from "../../controlplane/src/server/fleet.ts";
import { Fleet } from "../../controlplane/src/server/fleet.ts";
import { serveGrpc, type GrpcServer } from "../../controlplane/src/server/grpc.ts";
import { buildSnapshots } from "../../controlplane/src/snapshot/build.ts";
import type { Resource, ResourceKind } from "../../controlplane/src/snapshot/types.ts";

/** How an Envoy asks for its configuration. */
export interface Variant {
  readonly name: string;
  readonly api: "GRPC" | "DELTA_GRPC";
  readonly aggregated: boolean;
}

export const variants: readonly Variant[] = [
  { name: "state of the world, aggregated", api: "GRPC", aggregated: true },
  { name: "delta, aggregated", api: "DELTA_GRPC", aggregated: true },
  { name: "state of the world, a stream for each type", api: "GRPC", aggregated: false },
  { name: "delta, a stream for each type", api: "DELTA_GRPC", aggregated: false },
];

const schemas = {
  cluster: ClusterSchema,
  endpoint: ClusterLoadAssignmentSchema,
  listener: ListenerSchema,
  route: RouteConfigurationSchema,
};
const registry = createRegistry(HttpConnectionManagerSchema, RouterSchema);

/** A resource as Envoy's documentation writes it. */
export function resource(kind: keyof typeof schemas, json: JsonObject): Resource {
  const name = (json["name"] ?? json["cluster_name"]) as string;
  const schema: (typeof schemas)[keyof typeof schemas] = schemas[kind];
  return { kind, name, schema, message: fromJson(schema, json, { registry }), origins: [] };
}

const quiet = (): void => {};
const silent: FleetListener = {
  sent: quiet,
  flushed: quiet,
  answered: quiet,
  stale: quiet,
  settled: quiet,
  connected: quiet,
  disconnected: quiet,
  queued: quiet,
  quarantined: quiet,
};

/** The server half of the control plane, with resources by hand; and Envoys and a program to try it with. */
export class DiscoveryUnderTest {
  readonly fleet: Fleet;
  readonly #scratch = mkdtempSync(join(tmpdir(), "sluice-xds-"));
  readonly #envoys: RunningEnvoy[] = [];
  readonly #programs: Server[] = [];
  #server: GrpcServer | undefined;

  constructor(listener: Partial<FleetListener> = {}, options: FleetOptions = {}) {
    this.fleet = new Fleet({ ...silent, ...listener }, options);
  }

  async start(): Promise<this> {
    this.#server = await serveGrpc("127.0.0.1", 0, this.fleet);
    return this;
  }

  publish(proxy: string, resources: readonly Resource[]): void {
    const others = [...this.fleet.snapshots.byProxy.keys()].filter((id) => id !== proxy);
    if (others.length > 0) throw new Error("one proxy at a time");
    this.fleet.update(buildSnapshots([{ proxy, resources }], this.fleet.snapshots));
  }

  /** A program that answers with its name. */
  async program(name: string): Promise<number> {
    const server = createServer((_, answer) => answer.end(name));
    this.#programs.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    return (server.address() as AddressInfo).port;
  }

  async envoy(proxy: string, variant: Variant): Promise<{ running: RunningEnvoy; log: () => string }> {
    const found = await findEnvoy({ log: quiet });
    if (found.kind !== "binary") throw new Error("no Envoy to test with");
    const logFile = join(this.#scratch, `${proxy}-${this.#envoys.length}.log`);
    const config = bootstrapOf(proxy, this.#server?.port ?? 0, variant);
    const running = await startEnvoyProcess({ binary: found.path, config, logFile, ready: false });
    this.#envoys.push(running);
    return { running, log: () => readFileSync(logFile, "utf8") };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#envoys.map((envoy) => envoy.stop()));
    this.fleet.closeAll();
    this.#server?.close();
    for (const program of this.#programs) {
      program.closeAllConnections();
      program.close();
    }
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** Where resources that a resource names come from. */
export function sourceOf({ api, aggregated }: Variant): JsonObject {
  if (aggregated) return { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  return { api_config_source: service(api), resource_api_version: "V3", initial_fetch_timeout: "0s" };
}

function service(api: Variant["api"]): JsonObject {
  const envoyGrpc = {
    cluster_name: "xds",
    retry_policy: { retry_back_off: { base_interval: "0.1s", max_interval: "1s" } },
  };
  return { api_type: api, transport_api_version: "V3", grpc_services: [{ envoy_grpc: envoyGrpc }] };
}

function bootstrapOf(proxy: string, port: number, variant: Variant): object {
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return {
    node: { id: `sidecar~127.0.0.1~${proxy}~test`, cluster: "test" },
    static_resources: {
      clusters: [
        {
          name: "xds",
          load_assignment: { cluster_name: "xds", endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        },
      ],
    },
    dynamic_resources: {
      ...(variant.aggregated ? { ads_config: service(variant.api) } : {}),
      cds_config: sourceOf(variant),
      lds_config: sourceOf(variant),
    },
  };
}

/** A cluster whose endpoints come by EDS, and these. */
export function clusterWith(name: string, port: number, variant: Variant): Resource[] {
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return [
    resource("cluster", {
      name,
      type: "EDS",
      connect_timeout: "1s",
      eds_cluster_config: { eds_config: sourceOf(variant) },
    }),
    resource("endpoint", { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] }),
  ];
}

/** A listener whose routes come by RDS. */
export function listenerWith(name: string, port: number, route: string, variant: Variant): Resource {
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "test",
    rds: { route_config_name: route, config_source: sourceOf(variant) },
    http_filters: [
      {
        name: "router",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
      },
    ],
  };
  return resource("listener", {
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  });
}

/** Routes everything to a cluster. */
export function routeTo(name: string, cluster: string, domains: readonly string[] = ["*"]): Resource {
  return resource("route", {
    name,
    virtual_hosts: [{ name: "all", domains: [...domains], routes: [{ match: { prefix: "/" }, route: { cluster } }] }],
  });
}

export type { ResourceKind };

/**
 * A port that is free now, and that the system gives to nobody by chance: below those of clients and of `listen(0)`,
 * beyond those that a mesh allots to sidecars.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 30_000 + Math.floor(Math.random() * 2700);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (listens) await new Promise((resolve) => server.close(resolve));
  return listens;
}
