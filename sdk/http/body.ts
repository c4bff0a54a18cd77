import { BufferType, Status } from "../abi/enums";
import { proxy_get_buffer_bytes, proxy_set_buffer_bytes } from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { addressOf, lengthOf, resultOf, resultView } from "./status";

/** A buffer of the host. Like `HeaderMap`, the object is only the buffer's number in the type system. */
@unmanaged
export class Body {
  /** Up to `maxLength` bytes from `start`; null when the buffer is not there now. */
  get(start: u32 = 0, maxLength: u32 = i32.MAX_VALUE): Bytes | null {
    const data = resultView();
    const status = proxy_get_buffer_bytes(this.type, start, maxLength, addressOf(data), lengthOf(data));
    return resultOf(status, data);
  }

  /** Replaces what is buffered now. */
  set(data: Bytes): Status {
    return proxy_set_buffer_bytes(this.type, 0, u32.MAX_VALUE, data.ptr, data.length);
  }

  prepend(data: Bytes): Status {
    return proxy_set_buffer_bytes(this.type, 0, 0, data.ptr, data.length);
  }

  append(data: Bytes): Status {
    return proxy_set_buffer_bytes(this.type, u32.MAX_VALUE, 0, data.ptr, data.length);
  }

  // @ts-ignore: decorator
  @inline
  private get type(): i32 {
    return <i32>changetype<usize>(this);
  }
}

export const requestBody: Body = changetype<Body>(<usize>BufferType.RequestBody);
export const responseBody: Body = changetype<Body>(<usize>BufferType.ResponseBody);

/** The plugin's configuration; there only during `onConfigure`. */
export function pluginConfiguration(length: u32): Bytes {
  const data = resultView();
  if (length) proxy_get_buffer_bytes(BufferType.PluginConfiguration, 0, length, addressOf(data), lengthOf(data));
  return data;
}
