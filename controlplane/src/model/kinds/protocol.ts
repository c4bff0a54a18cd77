import { describe, type Value } from "../../config/value.ts";
import { reportError, type Context } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { string } from "../decode/scalars.ts";
import { didYouMean } from "../suggestion.ts";
import type { Protocol } from "../types.ts";

/** Istio's spelling of protocols is case-insensitive. */
const PROTOCOLS: readonly Protocol[] = ["HTTP", "HTTP2", "GRPC", "TCP", "TLS", "HTTPS"];
const LATER = ["GRPC-WEB"];

/** Protocols that Envoy passes on as TCP, and Istio too unless it is told otherwise. */
const AS_TCP: readonly string[] = ["MONGO", "MYSQL", "REDIS"];

function protocolOf(name: string): Protocol | undefined {
  const upper = name.toUpperCase();
  return AS_TCP.includes(upper) ? "TCP" : PROTOCOLS.find((known) => known === upper);
}

/** A port's protocol out of those that the place supports; the rest of Istio's are refused as not supported yet. */
export function protocol(supported: readonly Protocol[] = PROTOCOLS): Decoder<Protocol> {
  return (value, path, context) => {
    const text = string(value, path, context);
    if (text === undefined) return undefined;
    const known = protocolOf(text);
    if (known !== undefined && supported.includes(known)) return known;
    const isLater = known !== undefined || LATER.includes(text.toUpperCase());
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
  return protocolOf(name.split("-")[0] ?? "");
}
