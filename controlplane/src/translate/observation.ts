import type { AccessLog } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { HttpConnectionManager_Tracing } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { telemetriesFor } from "../model/index.ts";
import { ENVOY_PROVIDER } from "../model/kinds/telemetry-provider.ts";
import type { Mesh, Workload } from "../model/types.ts";
import { canonicalService } from "./peer.ts";
import { accessLogsOf } from "./telemetry-access-log.ts";
import { logSinks, tracingSettings } from "./telemetry-settings.ts";
import type { Side } from "./telemetry-settings.ts";
import { tracingOf } from "./telemetry-tracing.ts";

/** What a connection manager logs and traces, by its own field names. Absent: what the mesh has as its default. */
export interface Observation {
  readonly accessLog?: AccessLog[];
  readonly tracing?: HttpConnectionManager_Tracing;
}

export type Observer = (workload: Workload, side: Side) => Observation;

/** Makes of the mesh's Telemetries what the listeners of one side of a workload log and trace. */
export function observer({ config, telemetries }: Mesh): Observer {
  const { telemetryProviders = [], defaultProviders, tracingPerMillion } = config;
  const named = new Set(telemetryProviders.map(({ name }) => name));
  const providers = named.has(ENVOY_PROVIDER.name) ? telemetryProviders : [...telemetryProviders, ENVOY_PROVIDER];
  return (workload, side) => {
    const applying = telemetriesFor(telemetries, workload, config.rootNamespace);
    const sinks = logSinks(applying, side, providers, defaultProviders?.accessLogging);
    const settings = tracingSettings(applying, side, providers, {
      ...(defaultProviders?.tracing[0] === undefined ? {} : { provider: defaultProviders.tracing[0] }),
      ...(tracingPerMillion === undefined ? {} : { samplingPerMillion: tracingPerMillion }),
    });
    const serviceName = `${canonicalService(workload)}.${workload.namespace}`;
    return {
      ...(sinks === undefined ? {} : { accessLog: accessLogsOf(sinks) }),
      ...(settings === undefined ? {} : { tracing: tracingOf(settings, serviceName) }),
    };
  };
}

export function isTraced({ tracing }: Observation): boolean {
  return tracing !== undefined;
}
