import type { AuthorizationPolicy, Mesh, ObjectRef, Proxy, Telemetry, Workload } from "../model/types.ts";
import { authorizationPoliciesFor, telemetriesFor } from "../model/index.ts";
import { bundlePrograms, compileAuthorization, compileFault, compileTelemetry } from "../policy/index.ts";
import type { TelemetrySide } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { meshAuthorization } from "./authorization-settings.ts";
import { extension } from "./extension.ts";
import type { ModuleDigest } from "./extension.ts";
import { serverFaults } from "./fault-injections.ts";
import type { Direction, ModuleName } from "./filters.ts";
import { memo } from "./memo.ts";

/** What the policies that hold for a whole workload make of its proxy. */
export interface ProxyPolicies {
  /** The policies that are on for all requests to a sidecar's program, or to a gateway; absent where there are none. */
  readonly server: Direction | undefined;
  /** The same for all requests from a sidecar's program. */
  readonly client: Direction | undefined;
  readonly origins: readonly ObjectRef[];
  readonly extensions: readonly Resource[];
}

/** The resources that hold for a workload. */
interface Applied {
  /** What the authorization policies were compiled to. */
  readonly authorization: Uint8Array | undefined;
  readonly authorizations: readonly AuthorizationPolicy[];
  readonly telemetries: readonly Telemetry[];
  /** Whether routes to the sidecar's own program may have faults. */
  readonly disturbed: boolean;
}

/** Makes the policies of workloads; what several workloads have in common is the same object for all of them. */
export function policyCompiler(
  mesh: Mesh,
  modules: Readonly<Record<ModuleName, ModuleDigest>>,
): (workload: Workload, kind: Proxy["kind"]) => ProxyPolicies {
  const compiled = new Map<string, ProxyPolicies>();
  const { options } = meshAuthorization(mesh);
  const { rootNamespace } = mesh.config;
  const isDisturbed = serverFaults(mesh);
  return (workload, kind) => {
    const authorizations = authorizationPoliciesFor(mesh.authorizationPolicies, workload, rootNamespace);
    const telemetries = telemetriesFor(mesh.telemetries, workload, rootNamespace);
    const disturbed = isDisturbed(workload);
    const names = [authorizations, telemetries].map((all) => all.map(({ ref }) => [ref.namespace, ref.name]));
    const key = JSON.stringify([kind, disturbed, ...names]);
    const found = compiled.get(key);
    if (found) {
      return found;
    }
    const authorization = compileAuthorization(authorizations, options);
    const applied = { authorization, authorizations, telemetries, disturbed };
    const made = (kind === "gateway" ? gateway : sidecar)(applied, modules.policies);
    compiled.set(key, made);
    return made;
  };
}

/** Without any Telemetry all proxies report the same. */
const byDefault = memo(
  (side: TelemetrySide) => side,
  (side) => compileTelemetry([], side),
);

function telemetryOf(telemetries: readonly Telemetry[], side: TelemetrySide): Uint8Array | undefined {
  return telemetries.length === 0 ? byDefault(side) : compileTelemetry(telemetries, side);
}

// Both directions for every sidecar, used or not: so listeners have them when a route first asks for one.
function sidecar(
  { authorization, authorizations, telemetries, disturbed }: Applied,
  module: ModuleDigest,
): ProxyPolicies {
  const inbound = bundlePrograms({
    authorization,
    // Stands for the programs of routes, which are asked for only then.
    fault: disturbed ? compileFault(undefined) : undefined,
    telemetry: telemetryOf(telemetries, "SERVER"),
  });
  const outbound = bundlePrograms({ telemetry: telemetryOf(telemetries, "CLIENT") });
  const observers = telemetries.map(({ ref }) => ref);
  const origins = [...authorizations.map(({ ref }) => ref), ...observers];
  return {
    server: inbound && "inbound",
    client: outbound && "outbound",
    origins,
    extensions: [
      extension("inbound", module, inbound ?? nothing, origins),
      extension("outbound", module, outbound ?? nothing, observers),
    ],
  };
}

// A gateway has requests to pass on only: it decides about them, and reports them as their client.
function gateway({ authorization, authorizations, telemetries }: Applied, module: ModuleDigest): ProxyPolicies {
  const outbound = bundlePrograms({ authorization, telemetry: telemetryOf(telemetries, "CLIENT") });
  const origins = [...authorizations, ...telemetries].map(({ ref }) => ref);
  return {
    server: outbound && "outbound",
    client: undefined,
    origins,
    extensions: [extension("outbound", module, outbound ?? nothing, origins)],
  };
}

const nothing = new Uint8Array();
