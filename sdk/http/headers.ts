import { HeaderMapType, Status } from "../abi/enums";
import {
  proxy_add_header_map_value,
  proxy_get_header_map_pairs,
  proxy_get_header_map_size,
  proxy_get_header_map_value,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_set_header_map_pairs,
} from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { HeaderList, HeaderPairs } from "../wire/header-pairs";
import { NUMBER_SLOT } from "./slots";
import { addressOf, lengthOf, noteStatus, resultOf, resultView } from "./status";

/**
 * One of the host's header maps. Names are lower case, also the pseudo headers (`:path`). A map is there only in the
 * callbacks where the host has it: elsewhere a read answers null and a write `BadArgument`. (spec: HTTP fields)
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

  /** All pairs, in the host's order and as views; an empty list when the map is not there. One host call. */
  pairs(): HeaderPairs {
    const list = resultView();
    noteStatus(proxy_get_header_map_pairs(this.type, addressOf(list), lengthOf(list)));
    return HeaderPairs.read(list);
  }

  /** Replaces the whole map. BadArgument for more than 1024 pairs or 1 MiB: Envoy would silently empty the map. */
  setPairs(list: HeaderList): Status {
    const bytes = list.encode();
    if (!list.fits(bytes)) return Status.BadArgument;
    return proxy_set_header_map_pairs(this.type, bytes.ptr, bytes.length);
  }

  /** How many bytes the names and values have together; 0 when the map is not there. (Not the number of pairs.) */
  get byteSize(): u32 {
    store<u32>(NUMBER_SLOT, 0);
    noteStatus(proxy_get_header_map_size(this.type, NUMBER_SLOT));
    return load<u32>(NUMBER_SLOT);
  }

  // @ts-ignore: decorator
  @inline
  private get type(): i32 {
    return <i32>changetype<usize>(this);
  }
}

/** The request's headers: from `onRequestHeaders` until the request is resumed, and in `onLog`. */
export const requestHeaders: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.RequestHeaders);
/** The request's trailers. Setting one in the last `onRequestBody` adds trailers to a request without. */
export const requestTrailers: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.RequestTrailers);
/** The response's headers: from `onResponseHeaders` until the response is resumed, and in `onLog`. */
export const responseHeaders: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.ResponseHeaders);
/** The response's trailers. Setting one in the last `onResponseBody` adds trailers to a response without. */
export const responseTrailers: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.ResponseTrailers);
/** In `onGrpcInitialMetadata`. */
export const grpcInitialMetadata: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.GrpcReceiveInitialMetadata);
/** In `onGrpcTrailingMetadata`. */
export const grpcTrailingMetadata: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.GrpcReceiveTrailingMetadata);
/** In `onCallResponse`; `CallResponse.headers` is the same. */
export const callResponseHeaders: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.HttpCallResponseHeaders);
/** In `onCallResponse`; `CallResponse.trailers` is the same. */
export const callResponseTrailers: HeaderMap = changetype<HeaderMap>(<usize>HeaderMapType.HttpCallResponseTrailers);
