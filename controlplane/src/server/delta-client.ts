import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { DeltaDiscoveryResponse } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { forEachKind, KINDS, TYPE_URLS } from "../snapshot/kinds.ts";
import type { ResourceKind } from "../snapshot/types.ts";

type RequestInit = MessageInitShape<typeof DeltaDiscoveryRequestSchema>;

/** For tests: a delta ADS client over the wire, that keeps what it is given and acknowledges it. */
export class DeltaClient {
  /** Per kind, the versions by name. */
  readonly has: Record<ResourceKind, Map<string, string>> = forEachKind(() => new Map());
  /** How the stream ended, if it has. */
  readonly ended: Promise<ServiceError | undefined>;
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<RequestInit, DeltaDiscoveryResponse>;

  constructor(port: number, method = "DeltaAggregatedResources") {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    this.#stream = this.#client.makeBidiStreamRequest(
      `/envoy.service.discovery.v3.AggregatedDiscoveryService/${method}`,
      (request: RequestInit) =>
        Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request))),
      (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
    );
    this.ended = new Promise((resolve) => {
      this.#stream.on("error", (error: ServiceError) => resolve(error));
      this.#stream.on("end", () => resolve(undefined));
    });
  }

  /** Starts to read; before that nothing is taken from the stream. `answer` gives the error of a NACK. */
  read(answer: (response: DeltaDiscoveryResponse) => string | undefined = () => undefined): this {
    this.#stream.on("data", (response: DeltaDiscoveryResponse) => {
      const message = answer(response);
      if (message === undefined) this.#take(response);
      const errorDetail = message === undefined ? {} : { errorDetail: { message } };
      this.#stream.write({ typeUrl: response.typeUrl, responseNonce: response.nonce, ...errorDetail });
    });
    return this;
  }

  request(kind: ResourceKind, request: RequestInit = {}): this {
    this.#stream.write({ typeUrl: TYPE_URLS[kind], ...request });
    return this;
  }

  /** The first request of an Envoy. */
  hello(proxyId: string): this {
    return this.request("cluster", { node: { id: `sidecar~127.0.0.1~${proxyId}~domain` } });
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }

  #take(response: DeltaDiscoveryResponse): void {
    const kind = KINDS.find((each) => TYPE_URLS[each] === response.typeUrl);
    if (kind === undefined) return;
    for (const { name, version } of response.resources) this.has[kind].set(name, version);
    for (const name of response.removedResources) this.has[kind].delete(name);
  }
}
