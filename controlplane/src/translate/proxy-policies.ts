import type { Mesh, ObjectRef, Workload } from "../model/types.ts";
import { compileAuthorization, compileTelemetry } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { extension } from "./extension.ts";
import type { ModuleDigest } from "./extension.ts";
import { policyNames } from "./filters.ts";
import type { PolicyName } from "./filters.ts";
import { authorizationPoliciesFor, telemetriesFor } from "../model/index.ts";

/** What the policies that hold for a whole workload make of its proxy. */
export interface ProxyPolicies {
  /** Filters that are on for the requests to the workload. */
  readonly server: readonly PolicyName[];
  /** Filters that are on for the requests from the workload. */
  readonly client: readonly PolicyName[];
  readonly origins: readonly ObjectRef[];
  readonly extensions: readonly Resource[];
}

interface Program {
  readonly bytes: Uint8Array | undefined;
  readonly origins: readonly ObjectRef[];
}

/** Makes the policies of workloads; what several workloads have in common is the same object for all of them. */
export function policyCompiler(
  mesh: Mesh,
  modules: Readonly<Record<PolicyName, ModuleDigest>>,
): (workload: Workload) => ProxyPolicies {
  const compiled = new Map<string, ProxyPolicies>();
  const { rootNamespace } = mesh.config;
  return (workload) => {
    const authorizations = authorizationPoliciesFor(mesh.authorizationPolicies, workload, rootNamespace);
    const telemetries = telemetriesFor(mesh.telemetries, workload, rootNamespace);
    const key = JSON.stringify(
      [authorizations, telemetries].map((policies) => policies.map(({ ref }) => [ref.namespace, ref.name])),
    );
    const found = compiled.get(key);
    if (found) {
      return found;
    }
    const authorization = {
      bytes: compileAuthorization(authorizations),
      origins: authorizations.map(({ ref }) => ref),
    };
    const telemetry = { bytes: compileTelemetry(telemetries), origins: telemetries.map(({ ref }) => ref) };
    const made = assemble(authorization, telemetry, modules);
    compiled.set(key, made);
    return made;
  };
}

function assemble(
  authorization: Program,
  telemetry: Program,
  modules: Readonly<Record<PolicyName, ModuleDigest>>,
): ProxyPolicies {
  const programs: Partial<Record<PolicyName, Program>> = { authorization, telemetry };
  const client: PolicyName[] = telemetry.bytes ? ["telemetry"] : [];
  return {
    client,
    server: authorization.bytes ? ["authorization", ...client] : client,
    origins: [...authorization.origins, ...telemetry.origins],
    // All four for every proxy, used or not: so listeners have them when a route first asks for one.
    extensions: policyNames.map((policy) => {
      const program = programs[policy];
      return extension(policy, modules[policy], program?.bytes ?? new Uint8Array(), program?.origins ?? []);
    }),
  };
}
