import { mapOf } from "../decode/collections.ts";
import { defined, message } from "../decode/message.ts";
import { number, string, uint32 } from "../decode/scalars.ts";
import { PROXY_WITHOUT_EFFECT } from "./mesh-without-effect.ts";
import { withoutEffect } from "./without-effect.ts";

const TRACERS = "a Telemetry names a provider of OpenTelemetry, which all traces go to";

const tracing = message(
  "Tracing",
  {
    optional: {
      sampling: number(0, 100),
      ...withoutEffect({
        customTags: "a Telemetry says which tags spans have",
        datadog: TRACERS,
        enableIstioTags: "a Telemetry says which tags spans have",
        lightstep: TRACERS,
        maxPathTagLength: "a provider's maxTagLength says that",
        openCensusAgent: TRACERS,
        stackdriver: TRACERS,
        tlsSettings: "a DestinationRule for the provider's host says that",
        zipkin: TRACERS,
      }),
    },
  },
  ({ sampling }) => (sampling === undefined ? undefined : Math.trunc(sampling * 10_000)),
);

const gatewayTopology = message(
  "Topology",
  {
    optional: {
      numTrustedProxies: uint32,
      ...withoutEffect({
        forwardClientCertDetails: "not supported yet by this version of Sluice; Envoy drops the header at a gateway",
        proxyProtocol: "not supported yet by this version of Sluice",
      }),
    },
  },
  (given) => given.numTrustedProxies,
);

/** Istio: MeshConfig.defaultConfig, as far as it says something to an Envoy that somebody else starts. */
export const defaultConfig = message(
  "ProxyConfig",
  { optional: { tracing, gatewayTopology, runtimeValues: mapOf(string), ...withoutEffect(PROXY_WITHOUT_EFFECT) } },
  (given) =>
    defined({
      tracingPerMillion: given.tracing,
      trustedProxies: given.gatewayTopology,
      runtimeValues: given.runtimeValues,
    }),
);
