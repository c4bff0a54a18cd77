import type { Fault } from "../model/types.ts";
import { NONE, PolicyId } from "./format.ts";
import { assembleProgram } from "./program-writer.ts";

const HAS_DELAY = 1;
const HAS_ABORT = 2;

/** What a client that speaks no gRPC is answered with a gRPC status: Envoy's fault filter says so, whatever the status. */
const HTTP_STATUS_OF_GRPC = 200;

/** The program of one route's fault. */
export function compileFault(fault: Fault): Uint8Array {
  const { delay, abort } = fault;
  const flags = (delay === undefined ? 0 : HAS_DELAY) | (abort === undefined ? 0 : HAS_ABORT);
  const grpcStatus = abort?.grpcStatus;
  const httpStatus = abort?.httpStatus ?? (grpcStatus === undefined ? 0 : HTTP_STATUS_OF_GRPC);
  return assembleProgram({
    policy: PolicyId.fault,
    scalars: [
      flags,
      delay?.perMillion ?? 0,
      delay?.fixedDelayMs ?? 0,
      abort?.perMillion ?? 0,
      httpStatus,
      grpcStatus ?? NONE,
    ],
  });
}
