import type { Decoder } from "../decode/decoder.ts";
import { hostName } from "../decode/names.ts";

/** A host, or Istio's `NAMESPACE/HOST`: a host belongs to one ServiceEntry here, so that the namespace adds nothing. */
export const providerService: Decoder<string> = (value, path, context) => {
  const text = value.kind === "scalar" && typeof value.value === "string" ? value.value : "";
  const host = text.slice(text.indexOf("/") + 1);
  return hostName(value.kind === "scalar" && host !== text ? { ...value, value: host } : value, path, context);
};
