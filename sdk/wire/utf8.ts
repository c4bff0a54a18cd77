import { Bytes } from "./bytes";

/**
 * The UTF-8 bytes of a literal: `const METHOD = utf8(":method")`. The SDK's transform encodes it while the module is
 * compiled, so that it costs nothing at run time, wherever it stands. (Without the transform, or with something else
 * than a literal, this is `Bytes.encode`.)
 */
export function utf8(literal: string): Bytes {
  return Bytes.encode(literal);
}

/**
 * What the transform makes of `utf8("...")`: a view in static memory over bytes in static memory. A class, because
 * that can be found from every source without an import.
 */
@global
@unmanaged
class __ProxyWasmLiteral {
  static at(view: usize, ptr: usize, length: i32): Bytes {
    const bytes = changetype<Bytes>(view);
    bytes.ptr = ptr;
    bytes.length = length;
    return bytes;
  }
}
