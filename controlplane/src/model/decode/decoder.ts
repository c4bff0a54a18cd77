import type { Value } from "../../config/value.ts";
import type { Context } from "./context.ts";

/**
 * Reads one value of a document. `path` is the field's path for messages. Undefined means that it failed and has said
 * so in the context; the enclosing message then fails too, after its other fields were looked at.
 */
export type Decoder<T> = (value: Value, path: string, context: Context) => T | undefined;

/** A decoder with a further check or conversion of what it read. */
export function refine<T, U>(
  decoder: Decoder<T>,
  next: (read: T, value: Value, path: string, context: Context) => U | undefined,
): Decoder<U> {
  return (value, path, context) => {
    const read = decoder(value, path, context);
    return read === undefined ? undefined : next(read, value, path, context);
  };
}
