import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { nonEmptyString } from "../decode/scalars.ts";

/** Istio: a list of ProviderRef, as names. `only` are those that there can be; absent: any, which the mesh may have. */
export function providerNames(only?: readonly string[]): Decoder<readonly string[]> {
  const name: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
    if (only === undefined || only.includes(text)) return text;
    return reportError(context, {
      offset: value.offset,
      path,
      code: "SLU0004",
      message: `${path}: the provider "${text}" is not supported yet by this version of Sluice`,
      allowed: only.join(", "),
    });
  });
  return list(message("ProviderRef", { required: { name } }, (given) => given.name));
}
