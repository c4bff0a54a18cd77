import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from "@grpc/grpc-js";
import type { MethodDefinition, ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import type { DiscoveryResponse } from "../xds/types.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner, DiscoveryCall } from "./connection.ts";
import { listenError } from "./errors.ts";
import { discoveryMethods } from "./services.ts";
import type { DecodedRequest } from "./wire.ts";
import { decodeRequest, decodeSotwRequest, encodeResponse } from "./wire.ts";

/** An open xDS port. */
export interface GrpcServer {
  readonly port: number;
  close(): void;
}

/** A method beside those of discovery, with the function that handles its calls. */
export interface GrpcMethod {
  readonly definition: ServiceDefinition[string];
  readonly handle: UntypedHandleCall;
}

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

/** Serves discovery, and what else is given, in plain text. Rejects with a ControlPlaneError if it cannot listen. */
export async function serveGrpc(
  address: string,
  port: number,
  owner: ConnectionOwner,
  others: readonly GrpcMethod[] = [],
): Promise<GrpcServer> {
  // It writes to stderr what it also tells by the error of bindAsync.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server(options);
  const methods = [...discovery(owner), ...others];
  const named = methods.map(({ definition, handle }) => [definition.path, definition, handle] as const);
  const service: ServiceDefinition = Object.fromEntries(named.map(([path, definition]) => [path, definition]));
  server.addService(service, Object.fromEntries(named.map(([path, , handle]) => [path, handle])));
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) resolve(boundPort);
      else reject(listenError(error, address, port, "xDS"));
    });
  });
  return { port: bound, close: () => server.forceShutdown() };
}

/** Codecs of our own, so that resources are encoded once. */
function discovery(owner: ConnectionOwner): GrpcMethod[] {
  return discoveryMethods().map(({ path, variant }) => {
    const definition: MethodDefinition<DecodedRequest, DiscoveryResponse> = {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: () => Buffer.alloc(0),
      requestDeserialize: variant.protocol === "delta" ? decodeRequest : decodeSotwRequest,
      responseSerialize: encodeResponse,
      responseDeserialize: () => ({ typeUrl: "", nonce: "", resources: [], removed: [] }),
    };
    const handle = (call: DiscoveryCall): void => {
      // The connection keeps itself alive by the listeners that it puts on the call.
      void new Connection(call, variant, owner);
    };
    return { definition, handle };
  });
}
