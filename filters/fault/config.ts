import { BAD_VALUE, checkHeader, FAULT, OK, WRONG_LENGTH } from "../common/program";

const VERSION: u16 = 1;
const PROGRAM_BYTES: i32 = 40;
const MAX_DELAY_MS: u32 = 0x7fffffff;

/** Offsets in the program. */
export const FLAGS: i32 = 16;
export const DELAY_PER_MILLION: i32 = 20;
export const DELAY_MS: i32 = 24;
export const ABORT_PER_MILLION: i32 = 28;
export const HTTP_STATUS: i32 = 32;
export const GRPC_STATUS: i32 = 36;

export const HAS_DELAY: u32 = 1;
export const HAS_ABORT: u32 = 2;
export const MILLION: u32 = 1_000_000;

/** Whether `decide` may run the program without a check of its own: OK, or the reason against it. */
export function check(program: usize, length: i32): i32 {
  const reason = checkHeader(program, length, FAULT, VERSION, PROGRAM_BYTES);
  if (reason != OK) return reason;
  if (length != PROGRAM_BYTES) return WRONG_LENGTH;
  if (load<u32>(program + FLAGS) > (HAS_DELAY | HAS_ABORT)) return BAD_VALUE;
  if (load<u32>(program + DELAY_PER_MILLION) > MILLION || load<u32>(program + ABORT_PER_MILLION) > MILLION) {
    return BAD_VALUE;
  }
  if (load<u32>(program + DELAY_MS) > MAX_DELAY_MS) return BAD_VALUE;
  if ((load<u32>(program + FLAGS) & HAS_ABORT) == 0) return OK;
  const status = load<u32>(program + HTTP_STATUS);
  const grpcStatus = load<u32>(program + GRPC_STATUS);
  return status < 200 || status > 599 || (grpcStatus > 16 && grpcStatus != u32.MAX_VALUE) ? BAD_VALUE : OK;
}
