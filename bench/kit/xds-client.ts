import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "../../controlplane/gen/envoy/service/discovery/v3/discovery_pb.js";
import type { DeltaDiscoveryResponse } from "../../controlplane/gen/envoy/service/discovery/v3/discovery_pb.js";
import { TYPE_URLS } from "../../controlplane/src/snapshot/kinds.ts";

type Request = MessageInitShape<typeof DeltaDiscoveryRequestSchema>;

/**
 * A delta ADS client that asks as Envoy does: clusters, their endpoints, listeners, routes; takes everything and
 * acknowledges it. It has a connection of its own, as each Envoy has.
 */
export class SimulatedEnvoy {
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<Request, DeltaDiscoveryResponse>;
  readonly #routes: readonly string[];
  readonly #onComplete: () => void;
  readonly #missing = new Set<string>([TYPE_URLS.cluster, TYPE_URLS.endpoint, TYPE_URLS.listener, TYPE_URLS.route]);
  #askedForRoutes = false;

  /** `onComplete`: it has been given something of each type. */
  constructor(
    port: number,
    id: string,
    routes: readonly string[],
    { onError, onComplete }: { onError: (message: string) => void; onComplete: () => void },
  ) {
    this.#routes = routes;
    this.#onComplete = onComplete;
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": -1,
    });
    this.#stream = this.#client.makeBidiStreamRequest(
      "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
      (request: Request) =>
        Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request))),
      (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
    );
    this.#stream.on("data", (response: DeltaDiscoveryResponse) => this.#take(response));
    this.#stream.on("error", (error) => onError(error.message));
    this.#stream.write({ typeUrl: TYPE_URLS.cluster, node: { id: `sidecar~127.0.0.1~${id}~bench` } });
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }

  #take({ typeUrl, nonce, resources }: DeltaDiscoveryResponse): void {
    this.#stream.write({ typeUrl, responseNonce: nonce });
    if (this.#missing.delete(typeUrl) && this.#missing.size === 0) this.#onComplete();
    if (typeUrl === TYPE_URLS.cluster) {
      // Which of them get their endpoints by EDS only their contents tell; asking for more than there is costs little.
      const names = resources.map(({ name }) => name);
      if (names.length > 0) this.#stream.write({ typeUrl: TYPE_URLS.endpoint, resourceNamesSubscribe: names });
    }
    if (this.#askedForRoutes) return;
    this.#askedForRoutes = true;
    this.#stream.write({ typeUrl: TYPE_URLS.listener });
    this.#stream.write({ typeUrl: TYPE_URLS.route, resourceNamesSubscribe: [...this.#routes] });
  }
}

/** As a process of its own, so that its work is not counted as the server's. */
interface Order {
  readonly port: number;
  readonly proxies: readonly { readonly id: string; readonly routes: readonly string[] }[];
}

if (import.meta.main) {
  process.on("message", (order: Order | "usage") => {
    if (order === "usage") {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuMs: (user + system) / 1000 });
      return;
    }
    const { port, proxies } = order;
    const errors = new Set<string>();
    const onError = (message: string): void => {
      if (!errors.has(message)) process.stderr.write(`client: ${message}\n`);
      errors.add(message);
    };
    let complete = 0;
    const onComplete = (): void => {
      complete += 1;
      if (complete === proxies.length) process.send?.("all are in sync");
    };
    for (const { id, routes } of proxies) {
      // Kept alive by its stream.
      void new SimulatedEnvoy(port, id, routes, { onError, onComplete });
    }
  });
}
