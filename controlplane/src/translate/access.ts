import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { ExtAuthzSchema } from "../../gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js";
import { JwtAuthenticationSchema } from "../../gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js";
import { RBACSchema } from "../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { authorizationPoliciesFor, requestAuthenticationsFor } from "../model/index.ts";
import type {
  AuthorizationPolicy,
  AuthorizationProvider,
  ObjectRef,
  RequestAuthentication,
  Workload,
} from "../model/types.ts";
import { customAuthorizations } from "../policy/index.ts";
import type { CustomAuthorization } from "../policy/index.ts";
import type { Resource } from "../snapshot/types.ts";
import { meshAuthorization } from "./authorization-settings.ts";
import type { MeshAuthorization } from "./authorization-settings.ts";
import { routesByClaims } from "./claim-match.ts";
import { create } from "./create.ts";
import { customMarker, customQuestion } from "./custom-filter.ts";
import { keyCluster, keyClusterName } from "./key-cluster.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { nativeExtension, nativeFilter } from "./native-extension.ts";
import { pack } from "./protobuf.ts";
import { tokenFilterConfig } from "./token-filter.ts";

/** The filter that checks tokens. */
const TOKENS = "sluice.tokens";
/** The filters that ask a provider: first the one that marks requests, then the one that asks about those marked. */
const marker = (provider: string): string => `sluice.custom.${provider}.rules`;
const question = (provider: string): string => `sluice.custom.${provider}`;

/**
 * Once a token's claims have made Envoy forget the route, the policies would still read the programs of the first one:
 * an attribute does not choose a route again (Envoy 1.40). RBAC without a rule asks for its own route configuration,
 * and by that for the route.
 */
const ROUTE = "sluice.route";
const chooseRoute = create(HttpFilterSchema, {
  name: ROUTE,
  disabled: true,
  configType: { case: "typedConfig", value: pack(RBACSchema, create(RBACSchema)) },
});

/** What Envoy's own filters in front of the policies do for a server: a sidecar's program, or a gateway. */
export interface Access {
  /** Names of the filters that are on. */
  readonly on: readonly string[];
  readonly resources: readonly Resource[];
  readonly origins: readonly ObjectRef[];
}

export interface AccessCompiler {
  /**
   * The filters of every server's listener, in Istio's order: of each provider of the mesh those that ask it, then the
   * one for tokens. They are off until routes turn them on, so that only a change of the mesh's providers changes a
   * listener: policies and token rules come and go without one.
   */
  readonly filters: readonly HttpFilter[];
  readonly of: (workload: Workload, kind: "sidecar" | "gateway") => Access;
}

/** Makes what stands in front of the policies; workloads with the same objects share it. */
export function accessCompiler(index: MeshIndex, systemRoots: string): AccessCompiler {
  const { mesh } = index;
  const authorization = meshAuthorization(mesh);
  const compiled = new Map<string, Access>();
  const byClaims = mesh.virtualServices.some(routesByClaims);
  return {
    filters: [
      ...authorization.providers.flatMap(({ name }) => [
        nativeFilter(marker(name), RBACSchema),
        nativeFilter(question(name), ExtAuthzSchema),
      ]),
      nativeFilter(TOKENS, JwtAuthenticationSchema),
      chooseRoute,
    ],
    of: (workload, kind) => {
      const policies = authorizationPoliciesFor(mesh.authorizationPolicies, workload, mesh.config.rootNamespace).filter(
        ({ action }) => action === "CUSTOM",
      );
      const tokens = requestAuthenticationsFor(mesh.requestAuthentications, workload, mesh.config.rootNamespace);
      const key = JSON.stringify([
        kind,
        ...[policies, tokens].map((all) => all.map(({ ref }) => [ref.namespace, ref.name])),
      ]);
      const found = compiled.get(key);
      if (found) return found;
      const parts = [
        custom(policies, authorization),
        authentication(index, tokens, systemRoots, kind === "gateway" && byClaims),
      ];
      const made = {
        on: parts.flatMap(({ on }) => on),
        resources: parts.flatMap(({ resources }) => resources),
        origins: parts.flatMap(({ origins }) => origins),
      };
      compiled.set(key, made);
      return made;
    },
  };
}

/** Who has to be asked about the CUSTOM policies of a workload. */
function custom(
  policies: readonly AuthorizationPolicy[],
  { options: { trust, providers: names }, providers }: MeshAuthorization,
): Access {
  const asked = new Map(customAuthorizations(policies, names, trust).map((one) => [one.provider, one]));
  const origins = policies.map(({ ref }) => ref);
  return {
    on: [...asked.keys()].flatMap((name) => [marker(name), question(name)]),
    resources: providers.flatMap((provider) => askFilters(provider, asked.get(provider.name), origins)),
    origins,
  };
}

function askFilters(
  provider: AuthorizationProvider,
  authorization: CustomAuthorization | undefined,
  origins: readonly ObjectRef[],
): Resource[] {
  return [
    nativeExtension(marker(provider.name), RBACSchema, customMarker(authorization), origins),
    nativeExtension(question(provider.name), ExtAuthzSchema, customQuestion(provider, authorization), origins),
  ];
}

/** How the tokens of a workload's requests are checked, and the clusters by which Envoy gets the keys for it. */
function authentication(
  index: MeshIndex,
  tokens: readonly RequestAuthentication[],
  systemRoots: string,
  clearsRoute: boolean,
): Access {
  const rules = tokens.flatMap((one) => one.rules);
  const origins = tokens.map(({ ref }) => ref);
  const clusterOf = (uri: string): string => keyClusterName(index, uri);
  const config = tokenFilterConfig(rules, { clusterOf, routesByClaims: clearsRoute });
  const uris = rules.flatMap(({ keys }) => ("uri" in keys ? [keys.uri] : []));
  const clusters = new Map(uris.map((uri) => [clusterOf(uri), keyCluster(index, uri, systemRoots, origins)]));
  return {
    on: rules.length === 0 ? [] : clearsRoute ? [TOKENS, ROUTE] : [TOKENS],
    resources: [
      nativeExtension(TOKENS, JwtAuthenticationSchema, config, origins),
      ...[...clusters.values()].filter((cluster) => cluster !== undefined),
    ],
    origins,
  };
}
