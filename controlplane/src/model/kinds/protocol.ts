import { describe, type Value } from "../../config/value.ts";
import { reportError, type Context } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { string } from "../decode/scalars.ts";
import { didYouMean } from "../suggestion.ts";
import type { Protocol } from "../types.ts";

/** Istio's spelling of protocols is case-insensitive. */
const PROTOCOLS: readonly Protocol[] = ["HTTP", "HTTP2", "GRPC", "TCP", "TLS", "HTTPS"];
const LATER = ["GRPC-WEB", "MONGO", "MYSQL", "REDIS", "UDP"];

/** A port's protocol out of those that the place supports; the rest of Istio's are refused as not supported yet. */
export function protocol(supported: readonly Protocol[] = PROTOCOLS): Decoder<Protocol> {
  return (value, path, context) => {
    const text = string(value, path, context);
    if (text === undefined) return undefined;
    const upper = text.toUpperCase();
    const known = PROTOCOLS.find((name) => name === upper);
    if (known !== undefined && supported.includes(known)) return known;
    const isLater = known !== undefined || LATER.includes(upper);
    return refuse(value, path, context, supported, isLater);
  };
}

function refuse(
  value: Value,
  path: string,
  context: Context,
  supported: readonly Protocol[],
  isLater: boolean,
): undefined {
  const allowed = supported.join(", ");
  if (isLater) {
    return reportError(context, {
      offset: value.offset,
      path,
      code: "SLU0004",
      message: `${path}: ${describe(value)} is not supported yet by this version of Sluice`,
      allowed,
    });
  }
  const fix = value.kind === "scalar" ? didYouMean(value.source, supported) : undefined;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is the unknown protocol ${describe(value)}`,
    allowed,
    fix,
  });
}

/** Istio's naming convention: `http-web` is an HTTP port. */
export function protocolOfName(name: string): Protocol | undefined {
  const prefix = name.split("-")[0]?.toUpperCase();
  return PROTOCOLS.find((known) => known === prefix);
}
