import { logVerbosity, Server, ServerCredentials, setLogVerbosity, status } from "@grpc/grpc-js";
import type { ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import type { DeltaResponse } from "../xds/types.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner, DeltaCall } from "./connection.ts";
import { listenError } from "./errors.ts";
import { decodeRequest, encodeResponse } from "./wire.ts";

/** An open xDS port. */
export interface GrpcServer {
  readonly port: number;
  close(): void;
}

const path = (method: string): string => `/envoy.service.discovery.v3.AggregatedDiscoveryService/${method}`;

/** envoy.service.discovery.v3.AggregatedDiscoveryService, with codecs of our own so that resources are encoded once. */
const service: ServiceDefinition<Record<"deltaAggregatedResources" | "streamAggregatedResources", UntypedHandleCall>> =
  {
    deltaAggregatedResources: {
      path: path("DeltaAggregatedResources"),
      requestStream: true,
      responseStream: true,
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: decodeRequest,
      responseSerialize: (response: DeltaResponse) => encodeResponse(response),
      responseDeserialize: (bytes: Buffer) => bytes,
    },
    streamAggregatedResources: {
      path: path("StreamAggregatedResources"),
      requestStream: true,
      responseStream: true,
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  };

/**
 * A request names what an Envoy subscribes to and, after a reconnect, all versions that it has: far below this. The
 * answers may be as large as the mesh makes them. Pings find out within 40 s that an Envoy is gone without a word.
 */
const options = {
  "grpc.max_receive_message_length": 16 * 1024 * 1024,
  "grpc.max_send_message_length": -1,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

/** Serves delta ADS in plain text. Rejects with a ControlPlaneError if it cannot listen. */
export async function serveGrpc(address: string, port: number, owner: ConnectionOwner): Promise<GrpcServer> {
  // It writes to stderr what it also tells by the error of bindAsync.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server(options);
  server.addService(service, {
    deltaAggregatedResources: (call: DeltaCall) => {
      // The connection keeps itself alive by the listeners that it puts on the call.
      void new Connection(call, owner);
    },
    streamAggregatedResources: (call: DeltaCall) => {
      const details = "only the delta protocol is served: set api_type to DELTA_GRPC in ads_config";
      call.emit("error", { code: status.UNIMPLEMENTED, details });
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) resolve(boundPort);
      else reject(listenError(error, address, port, "xDS"));
    });
  });
  return { port: bound, close: () => server.forceShutdown() };
}
