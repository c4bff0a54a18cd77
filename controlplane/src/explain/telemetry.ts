import { telemetriesFor } from "../model/index.ts";
import type { Mesh, Telemetry, Workload } from "../model/types.ts";
import { placeOfObject } from "./place.ts";
import type { Effect } from "./types.ts";

/** What Telemetries ask of a workload's proxy, most general first: later ones win over earlier ones. */
export function telemetryEffects({ telemetries, config }: Mesh, workload: Workload): Effect[] {
  return telemetriesFor(telemetries, workload, config.rootNamespace).flatMap((telemetry): Effect[] => {
    const text = partsOf(telemetry);
    return text === "" ? [] : [{ kind: "telemetry", text, from: placeOfObject(telemetry) }];
  });
}

function partsOf({ overrides, accessLogging = [], tracing = [] }: Telemetry): string {
  const [first] = tracing;
  const share = first?.samplingPerMillion === undefined ? "" : ` of ${first.samplingPerMillion / 10_000} %`;
  const isOff = accessLogging.length > 0 && accessLogging.every(({ disabled }) => disabled === true);
  const parts = [
    ...(overrides.length === 0 ? [] : ["metrics with other labels, or without some"]),
    ...(accessLogging.length === 0 ? [] : [isOff ? "no access log" : "access logs"]),
    ...(first === undefined ? [] : [first.disableSpanReporting === true ? "no traces" : `traces${share}`]),
  ];
  return parts.join(", ");
}
