import { Server, ServerCredentials } from "@grpc/grpc-js";

/** Somebody who decides by envoy.service.auth.v3.Authorization: a request whose path ends in /no is denied. */
export interface AuthorizationServer {
  readonly port: number;
  /** How often it was asked. */
  asked: number;
  /** Whether all is denied, whatever its path. */
  deniesAll: boolean;
  stop(): void;
}

/** google.rpc.Status with the code PERMISSION_DENIED, in a CheckResponse; and an empty one. */
const DENIED = Buffer.from([0x0a, 0x02, 0x08, 0x07]);
const ALLOWED = Buffer.from([0x0a, 0x00]);

const plain = (bytes: Buffer): Buffer => bytes;

export async function authorizationServer(): Promise<AuthorizationServer> {
  const server = new Server();
  const state = { asked: 0, deniesAll: false };
  const check = {
    path: "/envoy.service.auth.v3.Authorization/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: plain,
    requestDeserialize: plain,
    responseSerialize: plain,
    responseDeserialize: plain,
  };
  server.addService(
    { check },
    {
      check: ({ request }: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) => {
        state.asked += 1;
        answer(null, state.deniesAll || request.includes("/no") ? DENIED : ALLOWED);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return Object.assign(state, { port, stop: () => server.forceShutdown() });
}
