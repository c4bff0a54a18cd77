import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { refine } from "../decode/decoder.ts";
import { string } from "../decode/scalars.ts";
import { didYouMean } from "../suggestion.ts";
import type { Protocol } from "../types.ts";

/** What a port speaks: of gRPC as browsers have to speak it, the real one is behind. */
export interface Spoken {
  readonly protocol: Protocol;
  readonly grpcWeb?: true;
}

/** Istio's spelling of protocols is case-insensitive. */
const PROTOCOLS: readonly Protocol[] = ["HTTP", "HTTP2", "GRPC", "TCP", "TLS", "HTTPS"];
const GRPC_WEB = "GRPC-WEB";

/** Protocols that Envoy passes on as TCP, and Istio too unless it is told otherwise. */
const AS_TCP: readonly string[] = ["MONGO", "MYSQL", "REDIS"];

function spokenOf(name: string): Spoken | undefined {
  const upper = name.toUpperCase();
  if (upper === GRPC_WEB) return { protocol: "GRPC", grpcWeb: true };
  if (AS_TCP.includes(upper)) return { protocol: "TCP" };
  const protocol = PROTOCOLS.find((known) => known === upper);
  return protocol && { protocol };
}

/** A port's protocol. */
export const spoken: Decoder<Spoken> = refine(
  string,
  (text, value, path, context) =>
    spokenOf(text) ??
    reportError(context, {
      offset: value.offset,
      path,
      message: `${path} is the unknown protocol ${describe(value)}`,
      allowed: PROTOCOLS.join(", "),
      fix: didYouMean(text, [...PROTOCOLS, GRPC_WEB]),
    }),
);

/** Istio's naming convention: `http-web` is an HTTP port. */
export function spokenByName(name: string): Spoken | undefined {
  return /^grpc-web(-|$)/i.test(name) ? spokenOf(GRPC_WEB) : spokenOf(name.split("-")[0] ?? "");
}
