import { reportWarning } from "./context.ts";
import type { Decoder } from "./decoder.ts";

/** A field that Istio has and Sluice does not act on, where refusing it would refuse settings as they are in use. */
export const noEffect: Decoder<true> = (value, path, context) => {
  reportWarning(context, {
    offset: value.offset,
    path,
    code: "SLU0003",
    message: `${path} is not supported yet by this version of Sluice, and is ignored`,
  });
  return true;
};
