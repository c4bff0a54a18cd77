import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean, listAllowed } from "./suggestion.ts";
import type { TelemetryProvider } from "./telemetry-types.ts";
import type { Mesh, Telemetry } from "./types.ts";

/** The provider that Istio has without being told. */
const BUILT_IN = "envoy";

/** Telemetries that name providers which are not there, or are of another kind: they have no effect. */
export function doubtfulTelemetry({ telemetries, config }: Mesh): Diagnostic[] {
  const { telemetryProviders = [], defaultProviders, ref } = config;
  const named = (kind: TelemetryProvider["kind"]): string[] =>
    telemetryProviders.filter((provider) => provider.kind === kind).map(({ name }) => name);
  const files = [...new Set([BUILT_IN, ...named("file")])];
  const traces = named("otel-trace");
  const { accessLogging = [], tracing = [] } = defaultProviders ?? {};
  const byDefault =
    ref === undefined
      ? []
      : [
          ...unknown({ ref }, "defaultProviders.accessLogging", "access logs", accessLogging, files),
          ...unknown({ ref }, "defaultProviders.tracing", "traces", tracing, traces),
        ];
  const own = telemetries.flatMap((telemetry) => [
    ...(telemetry.accessLogging ?? []).flatMap(({ providers = [] }, index) =>
      unknown(telemetry, `spec.accessLogging[${index}].providers`, "access logs", providers, files),
    ),
    ...(telemetry.tracing ?? []).flatMap(({ provider }, index) =>
      unknown(
        telemetry,
        `spec.tracing[${index}].providers`,
        "traces",
        provider === undefined ? [] : [provider],
        traces,
      ),
    ),
  ]);
  return [...byDefault, ...own];
}

function unknown(
  { ref }: Pick<Telemetry, "ref">,
  field: string,
  what: string,
  names: readonly string[],
  known: readonly string[],
): Diagnostic[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const fix = didYouMean(name, known) ?? "declare it in extensionProviders of the MeshConfig";
      return {
        severity: "warning",
        code: "IST0157",
        position: ref.position,
        object: ref,
        field,
        message: `the mesh has no provider "${name}" of ${what}, so it has no effect`,
        allowed: known.length === 0 ? "none is declared" : listAllowed(known, 12),
        fix,
      };
    });
}
