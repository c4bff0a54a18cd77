import { FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Filter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { WasmSchema } from "../../gen/envoy/extensions/filters/network/wasm/v3/wasm_pb.js";
import { telemetriesFor } from "../model/index.ts";
import type { Mesh, Workload } from "../model/types.ts";
import { bundlePrograms, compileTelemetry } from "../policy/index.ts";
import type { TelemetryOptions } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { adsConfigSource } from "./config-source.ts";
import { keepBytes } from "../snapshot/canonical.ts";
import { create } from "./create.ts";
import { networkExtension } from "./extension.ts";
import type { ModuleDigest } from "./extension.ts";
import type { Direction } from "./filters.ts";

/** Name of a direction's network filter, and of the extension resource that configures it. */
export function tcpTelemetryName(direction: Direction): string {
  return `sluice.tcp.${direction}`;
}

/**
 * What counts the connections of a filter chain that are not HTTP: it stands before the chain's tcp_proxy, and behind
 * authorization. It is the same for every workload, and does not change with its Telemetries.
 */
export function tcpTelemetryFilter(direction: Direction): Filter {
  const filter = create(FilterSchema, {
    name: tcpTelemetryName(direction),
    configType: {
      case: "configDiscovery",
      value: { configSource: adsConfigSource, typeUrls: [`type.googleapis.com/${WasmSchema.typeName}`] },
    },
  });
  return keepBytes(FilterSchema, filter);
}

/**
 * Makes the resource that those filters wait for, which a proxy with such a filter needs once for each direction. The
 * module is the one of the policies; programs without a metric that is on make it do nothing.
 */
export function tcpTelemetryCompiler(
  mesh: Mesh,
  module: ModuleDigest,
  options: Pick<TelemetryOptions, "isTls"> = {},
): (workload: Workload, direction: Direction) => Resource {
  const compiled = new Map<string, Resource>();
  return (workload, direction) => {
    const telemetries = telemetriesFor(mesh.telemetries, workload, mesh.config.rootNamespace);
    const key = JSON.stringify([direction, telemetries.map(({ ref }) => [ref.namespace, ref.name])]);
    const found = compiled.get(key);
    if (found) return found;
    const side = direction === "inbound" ? "SERVER" : "CLIENT";
    const telemetry = compileTelemetry(telemetries, side, { ...options, protocol: "tcp" });
    const programs = bundlePrograms({ telemetry }) ?? new Uint8Array();
    const origins = telemetries.map(({ ref }) => ref);
    const made = networkExtension(tcpTelemetryName(direction), module, programs, origins);
    compiled.set(key, made);
    return made;
  };
}
