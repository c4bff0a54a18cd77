import { Bytes } from "../../wire/bytes";
import { utf8 } from "../../wire/utf8";
import { getProperty, getPropertyI64 } from "../../http/property";
import { joinPath } from "./path";
import { PropertyMap, getPropertyMap } from "./values";

/** What the host knows about the response (HTTP filters only); complete when the request has ended (`onLog`). */
export abstract class ResponseProperties {
  /** `response.code`: the HTTP status. */
  static code(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("response\0code"), missing);
  }

  /** `response.code_details`: why the response is what it is, in the host's words; `sendLocalResponse` sets them. */
  static codeDetails(): Bytes | null {
    return getProperty(utf8("response\0code_details"));
  }

  /** `response.flags`: the host's response flags, one bit each. */
  static flags(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("response\0flags"), missing);
  }

  /** `response.grpc_status`: the gRPC status. */
  static grpcStatus(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("response\0grpc_status"), missing);
  }

  /** `response.headers`: every header, values of a repeated one joined by commas. */
  static headers(): PropertyMap | null {
    return getPropertyMap(utf8("response\0headers"));
  }

  /** `response.headers`: one header, its values joined by commas. */
  static header(name: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("response\0headers\0"), name));
  }

  /** `response.headers_bytes`: size of the headers, bytes. */
  static headersBytes(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("response\0headers_bytes"), missing);
  }

  /** `response.trailers`: every trailer. */
  static trailers(): PropertyMap | null {
    return getPropertyMap(utf8("response\0trailers"));
  }

  /** `response.trailers`: one trailer, its values joined by commas. */
  static trailer(name: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("response\0trailers\0"), name));
  }

  /** `response.size`: size of the body, bytes. */
  static size(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("response\0size"), missing);
  }

  /** `response.total_size`: size with headers and trailers, bytes, about. */
  static totalSize(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("response\0total_size"), missing);
  }

  /** `response.backend_latency`: from the first byte sent to the upstream to the last received from it, nanoseconds. */
  static backendLatency(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("response\0backend_latency"), missing);
  }
}
