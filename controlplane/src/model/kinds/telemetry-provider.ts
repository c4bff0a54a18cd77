import { list } from "../decode/collections.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { nonEmptyString } from "../decode/scalars.ts";
import type { LogFormat, LogProvider, TelemetryProvider } from "../telemetry-types.ts";
import { defaultLogFormat } from "./log-format.ts";
import { fileLog, httpAls, otelAls, tcpAls } from "./log-provider.ts";
import { datadog, openTelemetry, skywalking, zipkin } from "./trace-provider.ts";
import { withoutEffect } from "./without-effect.ts";

/** Kinds of providers that Istio has, or had, and that nothing here can be sent to. */
const TO_OPEN_TELEMETRY = "Envoy has no such tracer any more; opentelemetry takes its place";
const WITHOUT_EFFECT = {
  lightstep: TO_OPEN_TELEMETRY,
  opencensus: TO_OPEN_TELEMETRY,
  sds: "certificates are Secrets in the folder",
  stackdriver: "its metrics and logs need a filter that plain Envoy does not have",
};

const prometheus = message("PrometheusMetricsProvider", {}, () => ({ kind: "prometheus" as const }));

const provider = message(
  "ExtensionProvider",
  {
    required: { name: nonEmptyString },
    optional: {
      envoyFileAccessLog: fileLog,
      envoyHttpAls: httpAls,
      envoyTcpAls: tcpAls,
      envoyOtelAls: otelAls,
      opentelemetry: openTelemetry,
      zipkin,
      datadog,
      skywalking,
      prometheus,
      ...withoutEffect(WITHOUT_EFFECT),
    },
    // The providers of authorization are not telemetry's.
    ignored: ["envoyExtAuthzHttp", "envoyExtAuthzGrpc"],
  },
  ({ name, ...given }): readonly TelemetryProvider[] => {
    const log = given.envoyFileAccessLog ?? given.envoyHttpAls ?? given.envoyTcpAls ?? given.envoyOtelAls;
    const known = log ?? given.opentelemetry ?? given.zipkin ?? given.datadog ?? given.skywalking;
    return known === undefined ? [] : [{ ...known, name }];
  },
);

/** Istio: MeshConfig.extensionProviders, of which those for access logs and traces are kept. */
export const telemetryProviders: Decoder<readonly TelemetryProvider[]> = refine(list(provider), (all) => all.flat());

/** The provider that Istio has without being told: the log of the proxy, in the mesh's format if it has one. */
export function envoyProvider(format: LogFormat = defaultLogFormat("TEXT")): LogProvider {
  return { kind: "file", name: "envoy", path: "/dev/stdout", format };
}
