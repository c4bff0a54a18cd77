import type { Header, HeaderMap } from "./header-map.ts";

/** An HTTP request that a module makes by proxy_http_call. */
export interface HttpCall {
  readonly kind: "http";
  readonly cluster: string;
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  readonly trailers: HeaderMap | undefined;
  /** 0 = none. */
  readonly timeoutMs: number;
  /** Hands the answer to the module; undefined = the stream was reset and there is none. Only the first one counts. */
  readonly deliver: (answer: HttpAnswer | undefined) => void;
}

/** The answer to an HTTP call-out, as it arrives. */
export interface HttpAnswer {
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  readonly trailers?: HeaderMap;
}

/** A gRPC call or stream that a module makes. */
export interface GrpcCall {
  readonly kind: "call" | "stream";
  readonly cluster: string;
  readonly service: string;
  readonly method: string;
  readonly metadata: HeaderMap;
  /** The request of a call; of a stream, messages come by the wire. */
  readonly message: Uint8Array;
  readonly timeoutMs: number;
  /** What reaches the module. */
  readonly events: GrpcEvents;
}

/** What a gRPC server makes happen in the module. Each is one callback; after `close` or a cancel, none is called. */
export interface GrpcEvents {
  initialMetadata(metadata: readonly Header[]): void;
  message(message: Uint8Array): void;
  trailingMetadata(metadata: readonly Header[]): void;
  /** Of a call: only a failure, since a success ends with its message. */
  close(status: number, message: string): void;
}

/** A stream's way to its server. */
export interface GrpcWire {
  send(message: Uint8Array, endOfStream: boolean): void;
  /** Half-close by proxy_grpc_close. */
  close(): void;
  /** Reset by proxy_grpc_cancel. */
  cancel(): void;
}

/** Where call-outs go. Nothing is ever answered inside the call itself. */
export interface CallOuts {
  /** False for a cluster that there is not. */
  http(call: HttpCall): boolean;
  /** Whether a name is a gRPC cluster's. */
  hasGrpc(cluster: string): boolean;
  grpc(call: GrpcCall): GrpcWire;
}
