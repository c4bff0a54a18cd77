import { Bytes } from "../../wire/bytes";
import { utf8 } from "../../wire/utf8";
import { getProperty, getPropertyI64 } from "../../http/property";
import { joinPath } from "./path";
import { PropertyMap, getPropertyMap } from "./values";

/**
 * What the host knows about the request (HTTP filters only). Each accessor costs one host call; null or `missing`
 * when there is no such value now.
 */
export abstract class RequestProperties {
  /** `request.path`: with the query. */
  static path(): Bytes | null {
    return getProperty(utf8("request\0path"));
  }

  /** `request.url_path`: the path without the query. */
  static urlPath(): Bytes | null {
    return getProperty(utf8("request\0url_path"));
  }

  /** `request.query`: what follows the path's `?`; null when there is none. */
  static query(): Bytes | null {
    return getProperty(utf8("request\0query"));
  }

  /** `request.host`: the request's `:authority`. */
  static host(): Bytes | null {
    return getProperty(utf8("request\0host"));
  }

  /** `request.scheme`: `http` or `https`. */
  static scheme(): Bytes | null {
    return getProperty(utf8("request\0scheme"));
  }

  /** `request.method`: such as `GET`. */
  static method(): Bytes | null {
    return getProperty(utf8("request\0method"));
  }

  /** `request.headers`: every header, values of a repeated one joined by commas. */
  static headers(): PropertyMap | null {
    return getPropertyMap(utf8("request\0headers"));
  }

  /** `request.headers`: one header, its values joined by commas (`requestHeaders.get` has the first only). */
  static header(name: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("request\0headers\0"), name));
  }

  /** `request.headers_bytes`: size of the headers, bytes. */
  static headersBytes(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("request\0headers_bytes"), missing);
  }

  /** `request.referer`: the header `referer`. */
  static referer(): Bytes | null {
    return getProperty(utf8("request\0referer"));
  }

  /** `request.useragent`: the header `user-agent`. */
  static userAgent(): Bytes | null {
    return getProperty(utf8("request\0useragent"));
  }

  /** `request.time`: when its first byte came, nanoseconds since 1970. */
  static time(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("request\0time"), missing);
  }

  /** `request.id`: the header `x-request-id`. */
  static id(): Bytes | null {
    return getProperty(utf8("request\0id"));
  }

  /** `request.protocol`: `HTTP/1.0`, `HTTP/1.1`, `HTTP/2` or `HTTP/3`. */
  static protocol(): Bytes | null {
    return getProperty(utf8("request\0protocol"));
  }

  /** `request.duration`: its whole duration, nanoseconds; there when it has ended (`onLog`). */
  static duration(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("request\0duration"), missing);
  }

  /** `request.size`: size of the body, bytes; the header `content-length` if there is one. */
  static size(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("request\0size"), missing);
  }

  /** `request.total_size`: size with the headers, bytes, about; there when it has ended. */
  static totalSize(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("request\0total_size"), missing);
  }
}
