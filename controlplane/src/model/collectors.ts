import { takesLogs } from "./telemetry-types.ts";
import type { TelemetryProvider } from "./telemetry-types.ts";
import type { MeshConfig, Service } from "./types.ts";

interface Place {
  readonly host: string;
  readonly port: number;
  /** Whether it is called by gRPC, which its port must then speak. */
  readonly byGrpc: boolean;
}

/** Where a provider's logs or spans go to; files go nowhere. */
export function collectorsOf(provider: TelemetryProvider): readonly Place[] {
  if (provider.kind === "file") return [];
  const { host, port } = provider;
  if (provider.kind === "otel-trace") {
    const { http, sampler } = provider;
    const asked = sampler === undefined ? [] : [{ ...sampler.service, byGrpc: false }];
    return [{ host, port, byGrpc: http === undefined }, ...asked];
  }
  return [{ host, port, byGrpc: takesLogs(provider) || provider.kind === "skywalking" }];
}

/** The hosts that every proxy must know to log, to trace and to ask who may do what, whatever its Sidecar says. */
export function providerHosts({ telemetryProviders = [], tracing, authorization }: MeshConfig): ReadonlySet<string> {
  const telemetry = tracing?.provider === undefined ? telemetryProviders : [...telemetryProviders, tracing.provider];
  const collectors = telemetry.flatMap(collectorsOf).map(({ host }) => host);
  return new Set([...collectors, ...(authorization?.providers ?? []).map(({ service }) => service)]);
}

export interface CollectorProblem {
  readonly message: string;
  readonly fix: string;
}

/**
 * Why Envoys cannot send to a provider, by the services that are there; undefined if they can. Some tracers make Envoy
 * refuse a listener whose cluster is not there, so such a provider is as good as none.
 */
export function collectorProblem(
  provider: TelemetryProvider,
  find: (host: string) => Service | undefined,
): CollectorProblem | undefined {
  for (const { host, port, byGrpc } of collectorsOf(provider)) {
    const found = find(host)?.ports.find(({ number }) => number === port);
    const what = provider.name === "" ? "the tracer of the MeshConfig" : `the provider "${provider.name}"`;
    if (found === undefined)
      return {
        message: `${what} is ${host} port ${port}, which no ServiceEntry declares`,
        fix: "declare it by a ServiceEntry",
      };
    if (byGrpc && found.protocol !== "GRPC" && found.protocol !== "HTTP2")
      return {
        message: `${what} is told by gRPC, and ${host} port ${port} speaks ${found.protocol}`,
        fix: "give the port the protocol GRPC",
      };
  }
  return undefined;
}
