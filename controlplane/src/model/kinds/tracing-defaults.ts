import { describe } from "../../config/value.ts";
import { mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { boolean, count, nonEmptyString, number } from "../decode/scalars.ts";
import type { TraceProvider, TracingDefaults } from "../telemetry-types.ts";
import { customTag } from "./telemetry-tracing.ts";
import { withoutEffect } from "./without-effect.ts";

const TRACERS = "Envoy has no such tracer any more; a provider of OpenTelemetry takes its place";

const address = refine(nonEmptyString, (text, value, path, context) => {
  const [, host, digits] = /^([-a-z0-9.]+):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host: host.toLowerCase(), port };
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not an address`,
    allowed: "HOST:PORT, the host of a service of the mesh in full",
  });
});

const collectorOf = (name: string) => message(name, { required: { address } }, (given) => given.address);

/** What a MeshConfig's own tracer is called: no Telemetry can name it. */
const OWN = "";

/** Istio: ProxyConfig.tracing of the MeshConfig: what holds where no Telemetry says otherwise. */
export const tracingDefaults = message(
  "Tracing",
  {
    optional: {
      sampling: number(0, 100),
      customTags: mapOf(customTag, nonEmptyString),
      enableIstioTags: boolean,
      maxPathTagLength: count,
      zipkin: collectorOf("Tracing.Zipkin"),
      datadog: collectorOf("Tracing.Datadog"),
      ...withoutEffect({
        lightstep: TRACERS,
        openCensusAgent: TRACERS,
        stackdriver: TRACERS,
        tlsSettings: "a DestinationRule for the tracer's host says that",
      }),
    },
  },
  ({ sampling, zipkin, datadog, ...given }): TracingDefaults => {
    const http = { path: "/api/v2/spans", headers: {} };
    const provider: TraceProvider | undefined = zipkin
      ? { kind: "zipkin", name: OWN, ...zipkin, http }
      : datadog && { kind: "datadog", name: OWN, ...datadog };
    return defined({
      samplingPerMillion: sampling === undefined ? undefined : Math.trunc(sampling * 10_000),
      customTags: given.customTags,
      enableIstioTags: given.enableIstioTags,
      maxTagLength: given.maxPathTagLength,
      provider,
    });
  },
);
