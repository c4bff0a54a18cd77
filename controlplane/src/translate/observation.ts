import type { AccessLog } from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type {
  HttpConnectionManager_Tracing,
  RequestIDExtension,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { collectorProblem, telemetriesFor } from "../model/index.ts";
import { envoyProvider } from "../model/kinds/telemetry-provider.ts";
import type { TelemetryProvider } from "../model/telemetry-types.ts";
import type { Mesh, Service, Workload } from "../model/types.ts";
import { accessLogsOf } from "./telemetry-access-log.ts";
import { logSinks, tracingSettings } from "./telemetry-settings.ts";
import type { Side } from "./telemetry-settings.ts";
import { requestIdExtension, tracingOf } from "./telemetry-tracing.ts";

/** What a connection manager logs and traces, by its own field names. Absent: what the mesh has as its default. */
export interface HttpObservation {
  readonly accessLog?: AccessLog[];
  readonly tracing?: HttpConnectionManager_Tracing;
  readonly requestIdExtension?: RequestIDExtension;
}

export interface Observation {
  readonly http: HttpObservation;
  /** The logs of connections that are not HTTP; absent: the mesh's default. */
  readonly tcpLog?: AccessLog[];
}

export const UNOBSERVED: Observation = { http: {} };

export type Observer = (workload: Workload, side: Side) => Observation;

/** Makes of the mesh's Telemetries what the listeners of one side of a workload log and trace. */
export function observer({ config, telemetries, services }: Mesh): Observer {
  const { telemetryProviders = [], defaultProviders, tracing: own, logFormat } = config;
  const named = [...telemetryProviders, envoyProvider(logFormat)];
  const all = named.filter(({ name }, index) => named.findIndex((one) => one.name === name) === index);
  const byHost = new Map(services.map((service) => [service.host, service]));
  return (workload, side) => {
    const find = (host: string): Service | undefined => {
      const service = byHost.get(host);
      return service && isSeen(service, workload.namespace) ? service : undefined;
    };
    // A cluster that is not there would be a listener that is not there.
    const isThere = (provider: TelemetryProvider): boolean => collectorProblem(provider, find) === undefined;
    const providers = all.filter(isThere);
    const applying = telemetriesFor(telemetries, workload, config.rootNamespace);
    const sinks = logSinks(applying, side, providers, defaultProviders?.accessLogging);
    const { provider, ...others } = own ?? {};
    const settings = tracingSettings(applying, side, providers, {
      ...others,
      ...(provider !== undefined && isThere(provider) ? { provider } : {}),
      name: defaultProviders?.tracing[0],
    });
    const byId = settings && requestIdExtension(settings);
    return {
      http: {
        ...(sinks === undefined ? {} : { accessLog: accessLogsOf(sinks) }),
        ...(settings === undefined ? {} : { tracing: tracingOf(settings, workload) }),
        ...(byId === undefined ? {} : { requestIdExtension: byId }),
      },
      ...(sinks === undefined ? {} : { tcpLog: accessLogsOf(sinks, "tcp") }),
    };
  };
}

function isSeen({ exportTo = ["*"] }: Service, namespace: string): boolean {
  return exportTo.some((one) => one === "*" || one === namespace);
}

export function isTraced({ http: { tracing } }: Observation): boolean {
  return tracing !== undefined;
}
