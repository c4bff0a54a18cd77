import { mapOf } from "../decode/collections.ts";
import { defined, message } from "../decode/message.ts";
import { count, enumeration, string, uint32 } from "../decode/scalars.ts";
import { FORWARD_CLIENT_CERT, type GatewayTopology } from "../mesh-default-types.ts";
import { environmentVariable } from "./environment-variable.ts";
import { PROXY_WITHOUT_EFFECT } from "./mesh-without-effect.ts";
import { tracingDefaults } from "./tracing-defaults.ts";
import { withoutEffect } from "./without-effect.ts";

const gatewayTopology = message(
  "Topology",
  {
    optional: {
      numTrustedProxies: uint32,
      forwardClientCertDetails: enumeration(["UNDEFINED", ...FORWARD_CLIENT_CERT]),
      proxyProtocol: message("ProxyProtocolConfiguration", {}, () => true as const),
    },
  },
  ({ numTrustedProxies, forwardClientCertDetails: forward, proxyProtocol }): GatewayTopology =>
    defined({
      trustedProxies: numTrustedProxies,
      forwardClientCert: forward === "UNDEFINED" ? undefined : forward,
      proxyProtocol,
    }),
);

/** Istio: MeshConfig.defaultConfig, as far as it says something to an Envoy that somebody else starts. */
export const defaultConfig = message(
  "ProxyConfig",
  {
    optional: {
      concurrency: count,
      proxyMetadata: mapOf(string, environmentVariable),
      tracing: tracingDefaults,
      gatewayTopology,
      runtimeValues: mapOf(string),
      ...withoutEffect(PROXY_WITHOUT_EFFECT),
    },
  },
  ({ concurrency, proxyMetadata: environment, ...given }) =>
    defined({
      tracing: given.tracing,
      gatewayTopology: given.gatewayTopology,
      proxySettings:
        concurrency === undefined && environment === undefined ? undefined : defined({ concurrency, environment }),
      runtimeValues: given.runtimeValues,
    }),
);
