import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { enumeration } from "../decode/scalars.ts";
import type { OutboundPolicy } from "../types.ts";
import { clientTls } from "./client-tls.ts";
import { destination } from "./destination.ts";

/**
 * Istio: OutboundTrafficPolicy of a Sidecar. An empty one has protobuf's zero for its mode, which is not the mesh's
 * default.
 */
export const sidecarOutbound: Decoder<OutboundPolicy> = message(
  "OutboundTrafficPolicy",
  { optional: { mode: enumeration(["REGISTRY_ONLY", "ALLOW_ANY"]), egressProxy: destination } },
  ({ mode = "REGISTRY_ONLY", egressProxy }, place): OutboundPolicy | undefined => {
    if (egressProxy === undefined || mode === "ALLOW_ANY") return defined({ mode, egressProxy });
    const path = `${place.path}.egressProxy`;
    return reportError(place.context, {
      offset: place.key("egressProxy"),
      path,
      message: `${path} has no effect when the mode is ${mode}`,
      fix: "mode: ALLOW_ANY",
    });
  },
);

/**
 * The same of a MeshConfig. ALLOW_ANY_DYNAMIC_DNS resolves the Host header of each request, which is also what ALLOW_ANY
 * does where programs speak to their sidecar as to a proxy; only with the former may TLS be put around the requests.
 */
export const meshOutbound: Decoder<OutboundPolicy> = message(
  "OutboundTrafficPolicy",
  {
    optional: {
      mode: enumeration(["REGISTRY_ONLY", "ALLOW_ANY", "ALLOW_ANY_DYNAMIC_DNS"]),
      egressProxy: destination,
      tls: clientTls,
    },
  },
  ({ mode = "REGISTRY_ONLY", egressProxy, tls }, place): OutboundPolicy | undefined => {
    const wrong =
      egressProxy !== undefined && mode !== "ALLOW_ANY"
        ? { field: "egressProxy", needs: "ALLOW_ANY" }
        : tls !== undefined && mode !== "ALLOW_ANY_DYNAMIC_DNS"
          ? { field: "tls", needs: "ALLOW_ANY_DYNAMIC_DNS" }
          : undefined;
    if (wrong === undefined)
      return defined({ mode: mode === "REGISTRY_ONLY" ? mode : ("ALLOW_ANY" as const), egressProxy, tls });
    const path = `${place.path}.${wrong.field}`;
    return reportError(place.context, {
      offset: place.key(wrong.field),
      path,
      message: `${path} has no effect when the mode is ${mode}`,
      fix: `mode: ${wrong.needs}`,
    });
  },
);
