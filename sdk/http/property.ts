import { Status } from "../abi/enums";
import { proxy_get_property, proxy_set_property } from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { addressOf, lengthOf, resultOf, resultView } from "./status";

/**
 * The value of a property of the host; null when there is none. The path's segments are joined by NUL:
 * `utf8("request\0method")`. Text comes as bytes, numbers as 8 bytes little-endian, booleans as 1 byte.
 */
export function getProperty(path: Bytes): Bytes | null {
  const value = resultView();
  const status = proxy_get_property(path.ptr, path.length, addressOf(value), lengthOf(value));
  return resultOf(status, value);
}

/** A property that is a number, a duration or a time (nanoseconds); `missing` when there is none of that size. */
export function getPropertyI64(path: Bytes, missing: i64 = -1): i64 {
  const value = getProperty(path);
  return value !== null && value.length == 8 ? load<i64>(value.ptr) : missing;
}

/** A property that is true or false; `missing` when there is none of that size. */
export function getPropertyBool(path: Bytes, missing: bool = false): bool {
  const value = getProperty(path);
  return value !== null && value.length == 1 ? load<u8>(value.ptr) != 0 : missing;
}

/** Sets a property of the stream; Envoy keeps it as filter state under `wasm.<path>`. */
export function setProperty(path: Bytes, value: Bytes): Status {
  return proxy_set_property(path.ptr, path.length, value.ptr, value.length);
}
