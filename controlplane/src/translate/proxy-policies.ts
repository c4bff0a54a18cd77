import type { AuthorizationPolicy, Mesh, ObjectRef, Proxy, Telemetry, Workload } from "../model/types.ts";
import { authorizationPoliciesFor, telemetriesFor } from "../model/index.ts";
import { bundlePrograms, compileAuthorization, compileTelemetry } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { extension } from "./extension.ts";
import type { ModuleDigest } from "./extension.ts";
import type { Direction, ModuleName } from "./filters.ts";

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
  readonly authorizations: readonly AuthorizationPolicy[];
  readonly telemetries: readonly Telemetry[];
}

/** Makes the policies of workloads; what several workloads have in common is the same object for all of them. */
export function policyCompiler(
  mesh: Mesh,
  modules: Readonly<Record<ModuleName, ModuleDigest>>,
): (workload: Workload, kind: Proxy["kind"]) => ProxyPolicies {
  const compiled = new Map<string, ProxyPolicies>();
  return (workload, kind) => {
    const authorizations = authorizationPoliciesFor(mesh.authorizationPolicies, workload);
    const telemetries = telemetriesFor(mesh.telemetries, workload);
    const names = [authorizations, telemetries].map((all) => all.map(({ ref }) => [ref.namespace, ref.name]));
    const key = JSON.stringify([kind, ...names]);
    const found = compiled.get(key);
    if (found) {
      return found;
    }
    const made = (kind === "gateway" ? gateway : sidecar)({ authorizations, telemetries }, modules.policies);
    compiled.set(key, made);
    return made;
  };
}

// Both directions for every sidecar, used or not: so listeners have them when a route first asks for one.
function sidecar({ authorizations, telemetries }: Applied, module: ModuleDigest): ProxyPolicies {
  const authorization = compileAuthorization(authorizations);
  const inbound = bundlePrograms({ authorization, telemetry: compileTelemetry(telemetries, "SERVER") });
  const outbound = bundlePrograms({ telemetry: compileTelemetry(telemetries, "CLIENT") });
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
function gateway({ authorizations, telemetries }: Applied, module: ModuleDigest): ProxyPolicies {
  const authorization = compileAuthorization(authorizations);
  const outbound = bundlePrograms({ authorization, telemetry: compileTelemetry(telemetries, "CLIENT") });
  const origins = [...authorizations, ...telemetries].map(({ ref }) => ref);
  return {
    server: outbound && "outbound",
    client: undefined,
    origins,
    extensions: [extension("outbound", module, outbound ?? nothing, origins)],
  };
}

const nothing = new Uint8Array();
