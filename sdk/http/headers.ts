import { HeaderMapType, Status } from "../abi/enums";
import {
  proxy_add_header_map_value,
  proxy_get_header_map_pairs,
  proxy_get_header_map_value,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_set_header_map_pairs,
} from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { HeaderList, HeaderPairs } from "../wire/header-pairs";
import { addressOf, lengthOf, resultOf, resultView } from "./status";

/**
 * One of the host's header maps. Names are lower case, also the pseudo headers (`:path`). A map is there only in the
 * callbacks where the host has it: elsewhere a read answers null and a write `BadArgument`.
 *
 * The object is only the map's number in the type system: it has no fields, and its "address" is the number.
 */
@unmanaged
export class HeaderMap {
  /** The value of a header, the first one where there are several; null when there is none. */
  get(name: Bytes): Bytes | null {
    const value = resultView();
    const status = proxy_get_header_map_value(this.type, name.ptr, name.length, addressOf(value), lengthOf(value));
    return resultOf(status, value);
  }

  /** Sets a header to one value, whatever was there. */
  set(name: Bytes, value: Bytes): Status {
    return proxy_replace_header_map_value(this.type, name.ptr, name.length, value.ptr, value.length);
  }

  /** Adds a value beside those that are there. */
  add(name: Bytes, value: Bytes): Status {
    return proxy_add_header_map_value(this.type, name.ptr, name.length, value.ptr, value.length);
  }

  remove(name: Bytes): Status {
    return proxy_remove_header_map_value(this.type, name.ptr, name.length);
  }

  /** All pairs, in the host's order; an empty list when the map is not there. */
  pairs(): HeaderPairs {
    const list = resultView();
    proxy_get_header_map_pairs(this.type, addressOf(list), lengthOf(list));
    return HeaderPairs.read(list);
  }

  /** Replaces the whole map. */
  setPairs(list: HeaderList): Status {
    const bytes = list.encode();
    return proxy_set_header_map_pairs(this.type, bytes.ptr, bytes.length);
  }

  // @ts-ignore: decorator
  @inline
  private get type(): i32 {
    return <i32>changetype<usize>(this);
  }
}

export const requestHeaders: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.RequestHeaders);
export const requestTrailers: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.RequestTrailers);
export const responseHeaders: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.ResponseHeaders);
export const responseTrailers: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.ResponseTrailers);
