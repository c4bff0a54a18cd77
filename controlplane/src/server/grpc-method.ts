import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { UntypedHandleCall } from "@grpc/grpc-js";
import type { GrpcMethod } from "./grpc.ts";

/** A method whose messages are coded by their generated schemas. */
export function protoMethod(
  path: string,
  streams: { readonly request: boolean; readonly response: boolean },
  input: DescMessage,
  output: DescMessage,
  handle: UntypedHandleCall,
): GrpcMethod {
  return {
    handle,
    definition: {
      path,
      requestStream: streams.request,
      responseStream: streams.response,
      requestSerialize: (message: Message) => Buffer.from(toBinary(input, message)),
      requestDeserialize: (bytes: Buffer) => fromBinary(input, bytes, { readUnknownFields: false }),
      responseSerialize: (message: Record<string, unknown>) => Buffer.from(toBinary(output, create(output, message))),
      responseDeserialize: (bytes: Buffer) => fromBinary(output, bytes),
    },
  };
}
