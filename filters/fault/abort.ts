import { sendLocalResponse, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { abortGrpcStatus, abortStatus } from "./decide";

const BODY = utf8("fault filter abort");
const DETAILS = utf8("fault_filter_abort");

/** Answers the request as the program says; a gRPC client gets its status as trailers-only. */
export function abort(program: usize): void {
  sendLocalResponse(abortStatus(program), DETAILS, BODY, abortGrpcStatus(program));
}
