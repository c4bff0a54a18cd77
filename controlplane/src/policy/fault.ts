import type { Fault } from "../model/types.ts";
import { NONE, PolicyId } from "./format.ts";
import { assembleProgram } from "./program-writer.ts";

const HAS_DELAY = 1;
const HAS_ABORT = 2;

/** HTTP status of an abort that names a gRPC status, indexed by it: what a client that speaks no gRPC is answered. */
const GRPC_TO_HTTP = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

/** The program of one route's fault. */
export function compileFault(fault: Fault): Uint8Array {
  const { delay, abort } = fault;
  const flags = (delay === undefined ? 0 : HAS_DELAY) | (abort === undefined ? 0 : HAS_ABORT);
  const grpcStatus = abort?.grpcStatus;
  const httpStatus = abort?.httpStatus ?? (grpcStatus === undefined ? 0 : (GRPC_TO_HTTP[grpcStatus] ?? 500));
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
