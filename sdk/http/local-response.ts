import { GrpcStatus, Status } from "../abi/enums";
import { proxy_send_local_response } from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { HeaderList } from "../wire/header-pairs";

/**
 * Answers the request here. The host sends it when the callback has returned, and ignores what that returns.
 * (spec: proxy_send_local_response)
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

/**
 * Answers a gRPC request here: `grpc-status` and, of `message`, `grpc-message`. A client that speaks plain HTTP gets
 * the HTTP status that belongs to it, and the message as body.
 */
export function sendGrpcResponse(grpcStatus: GrpcStatus, message: Bytes, details: Bytes): Status {
  return sendLocalResponse(httpStatusOf(grpcStatus), details, message, grpcStatus);
}

/** As google.rpc.Code maps them. */
function httpStatusOf(grpcStatus: GrpcStatus): u32 {
  switch (grpcStatus) {
    case GrpcStatus.Ok:
      return 200;
    case GrpcStatus.Canceled:
      return 499;
    case GrpcStatus.InvalidArgument:
    case GrpcStatus.FailedPrecondition:
    case GrpcStatus.OutOfRange:
      return 400;
    case GrpcStatus.Unauthenticated:
      return 401;
    case GrpcStatus.PermissionDenied:
      return 403;
    case GrpcStatus.NotFound:
      return 404;
    case GrpcStatus.AlreadyExists:
    case GrpcStatus.Aborted:
      return 409;
    case GrpcStatus.ResourceExhausted:
      return 429;
    case GrpcStatus.Unimplemented:
      return 501;
    case GrpcStatus.Unavailable:
      return 503;
    case GrpcStatus.DeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}
