import { collectorProblem, type CollectorProblem } from "./collectors.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean, listAllowed } from "./suggestion.ts";
import { takesLogs, type TelemetryProvider } from "./telemetry-types.ts";
import type { Mesh, Telemetry } from "./types.ts";

/** The provider that Istio has without being told. */
const BUILT_IN = "envoy";
const LOGS = "access logs";
const TRACES = "traces";

/** Telemetries that name providers which are not there, are of another kind or cannot be reached: they have no effect. */
export function doubtfulTelemetry({ telemetries, config, services }: Mesh): Diagnostic[] {
  const { telemetryProviders = [], defaultProviders, tracing: own, ref } = config;
  const byHost = new Map(services.map((service) => [service.host, service]));
  const problems = new Map(
    telemetryProviders.map((one) => [one.name, collectorProblem(one, (host) => byHost.get(host))]),
  );
  const named = (isKind: (provider: TelemetryProvider) => boolean): string[] =>
    telemetryProviders.filter(isKind).map(({ name }) => name);
  const logs = [...new Set([BUILT_IN, ...named(takesLogs)])];
  const traces = named((provider) => !takesLogs(provider));
  const check = (who: Pick<Telemetry, "ref">, field: string, what: string, names: readonly string[]): Diagnostic[] => [
    ...unknown(who, field, what, names, what === TRACES ? traces : logs),
    ...unreachable(
      who,
      field,
      names.map((name) => problems.get(name)),
    ),
  ];
  const tracer = own?.provider && collectorProblem(own.provider, (host) => byHost.get(host));
  const { accessLogging = [], tracing = [] } = defaultProviders ?? {};
  const byDefault =
    ref === undefined
      ? []
      : [
          ...check({ ref }, "defaultProviders.accessLogging", LOGS, accessLogging),
          ...check({ ref }, "defaultProviders.tracing", TRACES, tracing),
          ...unreachable({ ref }, "defaultConfig.tracing", [tracer]),
        ];
  return [
    ...byDefault,
    ...telemetries.flatMap((telemetry) => [
      ...(telemetry.accessLogging ?? []).flatMap(({ providers = [] }, index) =>
        check(telemetry, `spec.accessLogging[${index}].providers`, LOGS, providers),
      ),
      ...(telemetry.tracing ?? []).flatMap(({ provider }, index) =>
        check(telemetry, `spec.tracing[${index}].providers`, TRACES, provider === undefined ? [] : [provider]),
      ),
    ]),
  ];
}

function unreachable(
  { ref }: Pick<Telemetry, "ref">,
  field: string,
  problems: readonly (CollectorProblem | undefined)[],
): Diagnostic[] {
  return problems
    .filter((problem) => problem !== undefined)
    .map(({ message, fix }) => ({
      severity: "warning",
      code: "IST0157",
      position: ref.position,
      object: ref,
      field,
      message: `${message}, so it has no effect`,
      fix,
    }));
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
