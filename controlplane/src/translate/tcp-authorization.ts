import { FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Filter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { WasmSchema } from "../../gen/envoy/extensions/filters/network/wasm/v3/wasm_pb.js";
import { authorizationPoliciesFor } from "../model/index.ts";
import type { Mesh, Workload } from "../model/types.ts";
import { compileAuthorization } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { meshAuthorization } from "./authorization-settings.ts";
import { adsConfigSource } from "./config-source.ts";
import { create } from "./create.ts";
import { directPeer } from "./direct-peer.ts";
import { networkExtension } from "./extension.ts";
import type { ModuleDigest } from "./extension.ts";

/** Name of the network filter, and of the extension resource that configures it. */
export const tcpAuthorizationName = "sluice.tcp";

/**
 * What stands first in every filter chain that takes connections which are not HTTP, on the server's side: of a
 * sidecar's inbound listener, and of a gateway's. The chain's tcp_proxy comes behind it; a listener with a TLS chain also
 * needs `tlsInspector` among its listener filters. The filters are the same for every workload and do not change with
 * its policies, so that these never change a listener.
 *
 * @example
 * filterChains: [{ filters: [...tcpAuthorizationFilters, tcpProxy] }]
 */
export const tcpAuthorizationFilters: readonly Filter[] = [
  directPeer,
  create(FilterSchema, {
    name: tcpAuthorizationName,
    configType: {
      case: "configDiscovery",
      value: { configSource: adsConfigSource, typeUrls: [`type.googleapis.com/${WasmSchema.typeName}`] },
    },
  }),
];

/**
 * Makes the resource that those filters wait for: a proxy that has them in one of its listeners must have it, too, and
 * needs it but once. Workloads with the same policies get the same object. CUSTOM policies of a provider that speaks gRPC
 * are asked about by filters in front of these, see tcp-custom.ts; as in Istio, those of one that speaks HTTP mean nothing
 * to connections.
 *
 * @example
 * const tcpAuthorizationOf = tcpAuthorizationCompiler(mesh, modules.authorization);
 * resources.push(tcpAuthorizationOf(proxy.workload));
 */
export function tcpAuthorizationCompiler(mesh: Mesh, module: ModuleDigest): (workload: Workload) => Resource {
  const { options } = meshAuthorization(mesh);
  const compiled = new Map<string, Resource>();
  return (workload) => {
    const policies = authorizationPoliciesFor(mesh.authorizationPolicies, workload, mesh.config.rootNamespace);
    const key = JSON.stringify(policies.map(({ ref }) => [ref.namespace, ref.name]));
    const found = compiled.get(key);
    if (found) return found;
    const program = compileAuthorization(policies, {
      trust: options.trust,
      providers: options.providers,
      protocol: "tcp",
    });
    const origins = policies.map(({ ref }) => ref);
    const made = networkExtension(tcpAuthorizationName, module, program ?? new Uint8Array(), origins);
    compiled.set(key, made);
    return made;
  };
}
