import { Bytes, utf8 } from "proxy-wasm-assemblyscript-sdk";

const CONTENT_TYPE = utf8("application/grpc");
const PLUS: u8 = 43;

/** Whether a content type is `application/grpc` or `application/grpc+…`, as Envoy sees it: gRPC-Web is not gRPC. */
export function isGrpc(contentType: Bytes | null): bool {
  if (contentType === null || !contentType.startsWith(CONTENT_TYPE)) return false;
  const end = CONTENT_TYPE.length;
  return contentType.length == end || contentType.at(end) == PLUS;
}
