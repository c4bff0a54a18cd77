import { Status } from "../abi/enums";
import { proxy_call_foreign_function } from "../abi/imports";
import { addressOf, lastStatus, lengthOf, resultOf, resultView } from "../http/status";
import { Bytes } from "../wire/bytes";
import { utf8 } from "../wire/utf8";

/**
 * Calls a function that only this host has. Its result is a view, empty when it has none; null when the function is
 * unknown (`lastStatus()` is NotFound) or fails.
 */
export function callForeignFunction(name: Bytes, argument: Bytes): Bytes | null {
  const result = resultView();
  const status: Status = proxy_call_foreign_function(
    name.ptr,
    name.length,
    argument.ptr,
    argument.length,
    addressOf(result),
    lengthOf(result),
  );
  return resultOf(status, result);
}

/** Envoy: makes the router choose the route again, after a change of the request's headers. */
export function clearRouteCache(): Status {
  callForeignFunction(utf8("clear_route_cache"), Bytes.wrap(0, 0));
  return lastStatus();
}

/** Envoy: zlib's format. Null when it fails. */
export function compress(data: Bytes): Bytes | null {
  return callForeignFunction(utf8("compress"), data);
}

/** Envoy: the reverse of `compress`; null for what is not zlib's format. Beware of small data that becomes large. */
export function uncompress(data: Bytes): Bytes | null {
  return callForeignFunction(utf8("uncompress"), data);
}
