import { FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Filter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ExtAuthzSchema } from "../../gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz_pb.js";
import { RBACSchema } from "../../gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js";
import { authorizationPoliciesFor } from "../model/index.ts";
import type { AuthorizationProvider, Mesh, Workload } from "../model/types.ts";
import { customAuthorizations } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { meshAuthorization } from "./authorization-settings.ts";
import { adsConfigSource } from "./config-source.ts";
import { create } from "./create.ts";
import { connectionMarker, connectionQuestion } from "./custom-filter.ts";
import { nativeExtension } from "./native-extension.ts";

/** The filters that ask a provider about connections: first the one that marks them, then the one that asks about those. */
const marker = (provider: string): string => `sluice.tcp.custom.${provider}.rules`;
const question = (provider: string): string => `sluice.tcp.custom.${provider}`;

export interface TcpCustom {
  /**
   * What stands in front of all filters of chains that take connections which are not HTTP, on the server's side: of each
   * provider of the mesh that speaks gRPC those that ask it. Only a change of the mesh's providers changes them.
   */
  readonly filters: readonly Filter[];
  /** What those filters wait for. Workloads with the same policies share it. */
  readonly of: (workload: Workload) => readonly Resource[];
}

/** CUSTOM policies about connections: Envoy's RBAC marks them, when the client has said something, and ext_authz asks. */
export function tcpCustomCompiler(mesh: Mesh): TcpCustom {
  const { options, providers } = meshAuthorization(mesh);
  const asked = providers.filter(({ http }) => http === undefined);
  const names = new Set(asked.map(({ name }) => name));
  const compiled = new Map<string, readonly Resource[]>();
  return {
    filters: asked.flatMap(({ name }) => [
      extension(marker(name), RBACSchema.typeName),
      extension(question(name), ExtAuthzSchema.typeName),
    ]),
    of: (workload) => {
      const policies = authorizationPoliciesFor(mesh.authorizationPolicies, workload, mesh.config.rootNamespace).filter(
        ({ action }) => action === "CUSTOM",
      );
      const key = JSON.stringify(policies.map(({ ref }) => [ref.namespace, ref.name]));
      const found = compiled.get(key);
      if (found) return found;
      const by = new Map(customAuthorizations(policies, names, options.trust, "tcp").map((one) => [one.provider, one]));
      const origins = policies.map(({ ref }) => ref);
      const made = asked.flatMap((provider: AuthorizationProvider) => [
        nativeExtension(
          marker(provider.name),
          RBACSchema,
          connectionMarker(provider.name, by.get(provider.name)),
          origins,
        ),
        nativeExtension(question(provider.name), ExtAuthzSchema, connectionQuestion(provider), origins),
      ]);
      compiled.set(key, made);
      return made;
    },
  };
}

function extension(name: string, typeName: string): Filter {
  return create(FilterSchema, {
    name,
    configType: {
      case: "configDiscovery",
      value: { configSource: adsConfigSource, typeUrls: [`type.googleapis.com/${typeName}`] },
    },
  });
}
