import { reportWarning } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";

/**
 * Decoders for fields that Istio has and that mean nothing here, by their names and why: as settings in use have many of
 * them, they are no errors.
 */
export function withoutEffect(reasons: Readonly<Record<string, string>>): Readonly<Record<string, Decoder<true>>> {
  return Object.fromEntries(Object.entries(reasons).map(([field, reason]) => [field, ignore(reason)]));
}

function ignore(reason: string): Decoder<true> {
  return (value, path, context) => {
    reportWarning(context, {
      offset: value.offset,
      path,
      code: "SLU0003",
      message: `${path} has no effect: ${reason}`,
    });
    return true;
  };
}
