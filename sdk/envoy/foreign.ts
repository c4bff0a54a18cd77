import { Status } from "../abi/enums";
import { proxy_call_foreign_function } from "../abi/imports";
import { addressOf, lengthOf, resultOf, resultView } from "../http/status";
import { Bytes } from "../wire/bytes";
import { utf8 } from "../wire/utf8";

/** Calls a function that only this host has; null when it is unknown or fails (`lastStatus()` tells). */
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
export function clearRouteCache(): void {
  callForeignFunction(utf8("clear_route_cache"), Bytes.wrap(0, 0));
}
