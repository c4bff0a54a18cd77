import { Status } from "../abi/enums";
import { lastStatus } from "../http/status";
import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { utf8 } from "../wire/utf8";
import { callForeignFunction } from "./foreign";

/**
 * Envoy: a CEL expression over the stream's properties, compiled once. The object is only its number in the type system:
 * it may be kept in a field. (Envoys built without the CEL parser do not have it: `create` then answers null.)
 */
@unmanaged
export class Expression {
  /** Compiles it; null when it is not CEL. Envoy's log says what is wrong with it. */
  static create(text: Bytes): Expression | null {
    const token = callForeignFunction(utf8("expr_create"), text);
    if (!token || token.length != 4) return null;
    // One more than the host's number, which begins at 0, so that null is free.
    return changetype<Expression>(<usize>load<u32>(token.ptr) + 1);
  }

  /** The value for the current stream, encoded as a property is, as a view; null when it fails. */
  evaluate(): Bytes | null {
    return callForeignFunction(utf8("expr_evaluate"), this.token());
  }

  delete(): Status {
    callForeignFunction(utf8("expr_delete"), this.token());
    return lastStatus();
  }

  private token(): Bytes {
    const bytes = Bytes.wrap(allocate(4), 4);
    store<u32>(bytes.ptr, <u32>changetype<usize>(this) - 1);
    return bytes;
  }
}
