import { Status } from "../abi/enums";
import { proxy_send_local_response } from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { HeaderList } from "../wire/header-pairs";

/**
 * Answers the request here. The host sends it when the callback has returned, and ignores what that returns.
 * @param details why, for the host's access log (`response_code_details`); spaces become underscores there
 * @param grpcStatus 0 to 16 for a gRPC client; -1 leaves it to the host
 */
export function sendLocalResponse(status: u32, details: Bytes, body: Bytes, grpcStatus: i32 = -1): Status {
  return proxy_send_local_response(status, details.ptr, details.length, body.ptr, body.length, 0, 0, grpcStatus);
}

/** `sendLocalResponse` with headers of its own. */
export function sendLocalResponseWithHeaders(
  status: u32,
  details: Bytes,
  body: Bytes,
  headers: HeaderList,
  grpcStatus: i32 = -1,
): Status {
  const list = headers.encode();
  return proxy_send_local_response(
    status,
    details.ptr,
    details.length,
    body.ptr,
    body.length,
    list.ptr,
    list.length,
    grpcStatus,
  );
}
